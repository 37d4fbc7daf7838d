"""docs/inputs.md and its like: what a case measures, codes, records and judges, with a source for each row.

``python -m publish.inputs`` writes a page for each shipped case; there is nothing to run before, so ``--page`` changes
nothing.
"""

import argparse
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from publish.page import of_case, rendered, table, write
from tashkent.model.case import Case, load_case, shipped_cases
from tashkent.model.case.checks import sourced
from tashkent.model.case.tables import Event
from tashkent.model.citations import sections
from tashkent.model.clock import month_label
from tashkent.model.evidence.recipe import FilePart, Part, read_plan

#: what a case says of its evidence in words of its own, beside it
README = Path("evidence/README.md")
#: how that leads to the pages
TO_DOCS = "../../../../docs/"
#: columns of the world's tables in words; braces stand for who a sponsor is
WORDS = {
    "trade_share": "trade share with {of}",
    "arms_share": "share of {of} in major arms of five years",
    "un_agreement": "UN voting position, towards the leader of {of}",
    "capabilities": "share of the world's capabilities (log)",
    "soldiers": "soldiers (log)",
    "aid": "aid received (log)",
    "democracy": "electoral democracy",
    "absence": "share of UN roll calls missed",
}
THREATS = {
    "unrest": "armed conflict on own soil over government",
    "secession": "armed conflict on own soil over territory that no neighbour in the case has backed",
    "armed_bands": "armed conflict over government on own soil or next door by land, disputes with neighbours outside",
    "disputes": "militarised disputes with {by}, by hostility",
    "nearness": "nearness by land to {to}: one half to the power of the states between",
}
EFFECTS = {
    "threat": "threat",
    "tie": "tie to",
    "coercion": "grip of",
    "credibility": "belief in help against",
    "offer": "others offer help against",
    "regime": "who rules is of the kind",
}


def path(case: str) -> Path:
    """The page of a case."""
    return of_case(Path("docs/inputs.md"), case)


def measured(case: Case) -> str:
    """What composites are made of: as the case says it in words, or else from its recipe."""
    told = case.path / README
    if told.is_file():
        text = told.read_text(encoding="utf-8").split("\n", 1)[1].replace(TO_DOCS, "")
        return text.replace("\n## ", "\n### ").strip()
    plan = read_plan(case.path)
    rows = [
        (f"`{name}`", "; ".join(_part(part) for part in parts), "mean of z-scores")
        for name, parts in plan.composites.items()
    ]
    rows += [
        (f"`{name}`", THREATS[of.of].format(by=f"`{of.by}`", to=of.to), "standard deviations")
        for name, of in plan.recipe.threats.items()
    ]
    who = [f"`{name}` is {', '.join(s.states)}" for name, s in plan.sponsors.items()]
    return table(("composite", "made of", "unit"), rows) + f"\n\nSponsors: {'; '.join(who)}."


def _part(part: Part) -> str:
    if isinstance(part, FilePart):
        said = f"`{part.column}` of `{part.file}`"
    else:
        said = WORDS[part.column].format(of=f"`{part.of}`")
        said += f" and away from that of `{part.against}`" if part.against else ""
    return said + (", turned round" if part.sign < 0 else "")


def threats(case: Case) -> str:
    """A row for each threat: in words, who is behind it, whom it endangers, by what it is measured, who relieves it."""
    rows = []
    for name, threat in case.threats.items():
        clubs = [club for club, held in case.clubs.items() if name in held.relieves]
        by = f"`{threat.measured_by}`, events" if threat.measured_by else "events"
        rows.append((f"`{name}`", threat.label, threat.source, threat.target, by, ", ".join(clubs)))
    heads = (
        "threat",
        "in words",
        "behind it",
        "endangers the",
        "measured by",
        "clubs that bear on it",
    )
    return table(heads, rows)


def events(case: Case) -> str:
    """A row for each dated event: when, what, which effects it has on which states, its sources and how sure it is."""
    found: dict[tuple[object, ...], list[Event]] = {}
    for row in case.events:
        key = (row.event, row.date, row.date_end, row.label, row.source, row.certainty)
        found.setdefault(key, []).append(row)
    cited = Cites(case, "events.csv")
    rows = [
        (name, _span(since, until), label, _effects(of), cited.told(str(name), str(source)), sure)
        for (name, since, until, label, source, sure), of in found.items()
    ]
    return table(("event", "date", "what happened", "effects", "source", "sure"), rows)


def _span(since: object, until: object) -> str:
    return f"{since}" if until is None else f"{since} to {until}"


def _effects(rows: Iterable[Event]) -> str:
    """What an event does to whom: equal effects with their states together."""
    upon: dict[str, list[str]] = {}
    for row in rows:
        sign = "" if row.kind == "regime" else " +" if row.sign > 0 else " -"
        rival = f" ({row.rival})" if row.rival else ""
        upon.setdefault(f"{EFFECTS[row.kind]} `{row.about}`{rival}{sign}", []).append(row.state)
    return "; ".join(f"{effect}: {', '.join(states)}" for effect, states in upon.items())


class Cites:
    """The sources of the rows of a file: codes, each with its section where one is named."""

    def __init__(self, case: Case, file: str) -> None:
        self.sections = sections(case, file)

    def told(self, row: str, source: str) -> str:
        """The codes that a row cites, with their sections."""
        codes = source.split("; ")
        return "; ".join(
            f"{code} ({part})" if (part := self.sections.get((row, code))) else code
            for code in codes
        )


def record(case: Case) -> str:
    """A row for each act of the record: when, whose, what, the status that it leads to, its sources."""
    cited, names = Cites(case, "record.csv"), case.state_names
    rows = [
        (
            row.date,
            row.club,
            names[row.state],
            row.act.replace("_", " "),
            row.status.replace("_", " "),
            cited.told(f"{row.club} {row.state} {row.date}", row.source),
            row.note,
        )
        for row in sorted(case.record, key=lambda row: row.date)
    ]
    return table(("date", "club", "state", "act", "status", "source", "note"), rows)


def requests(case: Case) -> str:
    """A row for each request for help, or need without one: what came of it by the record."""
    cited, names = Cites(case, "requests.csv"), case.state_names
    came = {True: "yes", False: "no", None: ""}
    rows = [
        (
            row.date,
            names[row.state],
            row.kind,
            came[row.asked],
            came[row.met],
            row.against,
            row.why,
            cited.told(f"{row.date} {row.state}", row.source),
        )
        for row in case.requests
    ]
    heads = ("date", "state", "kind", "asked", "help came", "against", "what", "source")
    return table(heads, rows)


def openness(case: Case) -> str:
    """A row for each stretch of time in which a club is open to a state, and on what ground."""
    cited, names = Cites(case, "openness.csv"), case.state_names
    rows = [
        (
            row.club,
            names[row.state],
            row.open_from,
            _last(row.open_until),
            row.why,
            cited.told(f"{row.club} {row.state}", row.source),
        )
        for row in case.openness
    ]
    return table(("club", "state", "from", "until", "why", "source"), rows)


def _last(until: date | None) -> str:
    return "" if until is None else until.isoformat()


def parameters(case: Case) -> str:
    """A row for each number that is not measured: its prior or value, unit, reason and source."""
    rows = []
    for name, held in case.parameters.items():
        value = f"{held.mean:g}" if held.sd is None else f"{held.mean:g} ± {held.sd:g}"
        fit = (
            ", stays at its prior"
            if held.role in ("weight", "friction") and not held.fitted
            else ""
        )
        rows.append((f"`{name}`", held.role + fit, value, held.unit, held.reason, held.source))
    return table(("number", "role", "value", "unit", "reason", "source"), rows)


def page(name: str) -> str:
    """The page of a case."""
    case = load_case(name)
    # a row that cites nothing, or a code without a reference, would not have been loaded
    cites: Sequence[str] = [
        c for rows in sourced(case).values() for _, cited in rows for c in cited
    ]
    counted = {code: cites.count(code) for code in case.sources}
    text = rendered(
        "inputs.md",
        case=case,
        names=", ".join(f"{s.name} (`{s.state}`)" for s in case.states),
        start=month_label(case.start),
        end=month_label(case.end),
        fit_until=month_label(case.fit_until),
        measured=measured(case),
        threats=threats(case),
        events=events(case),
        record=record(case),
        requests=requests(case),
        openness=openness(case),
        parameters=parameters(case),
        sources=[(f"`{code}`", said, counted[code]) for code, said in case.sources.items()],
    )
    return text.rstrip("\n") + "\n"


def main(arguments: list[str] | None = None) -> None:
    """Write the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", action="store_true", help="the same: nothing is run")
    parser.parse_args(arguments)
    for name in shipped_cases():
        write(path(name), page(name))


if __name__ == "__main__":
    main()
