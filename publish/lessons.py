"""docs/lessons/: eight lessons of fifty minutes, whose keys are figures of the record, the law and the shipped results.

``python -m publish.lessons`` writes them; nothing is run, so ``--page`` changes nothing. A template in
``publish/templates/lessons/`` holds the words, and no figure: each is asked for by a function of `Quoted`.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from publish.counterfactuals import ARROWS, COURSES, MANIFEST, OUTCOMES
from publish.page import ROOT, number, rendered, table, write
from tashkent.cli.new_case import SKELETON
from tashkent.dashboard.view import from_query
from tashkent.experiments.networks import of_record
from tashkent.experiments.predictions import brier
from tashkent.model.case import Case, load_case
from tashkent.model.clock import month_label
from tashkent.model.compilation import compile_case
from tashkent.model.counterfactual import load_counterfactual
from tashkent.model.lawbook import changes as changes_of
from tashkent.model.lawbook import differences, provision, rules_on
from tashkent.model.statuses import is_in

FOLDER = Path("docs/lessons")
EVIDENCE = Path("results/evidence")
#: template -> title, in the order in which they are given
LESSONS = {
    "1-the-record": "The record told",
    "2-threats-and-ties": "Threats and ties",
    "3-the-law": "The law",
    "4-rivals": "Rivals that compete",
    "5-abandonment-or-entrapment": "Abandonment or entrapment",
    "6-what-if": "What if, and common luck",
    "7-is-it-true": "Is it true?",
    "8-build-your-own": "Build your own",
}
THEORIES = {
    "whole": "all reasons",
    "fear_of_abandonment": "abandonment alone",
    "fear_of_entrapment": "entrapment alone",
}
#: acts that fill a record and tell no story
QUIET = ("abstain", "carry_over")
EXAMPLE = Path("docs/examples/own_theory.py")


@dataclass(frozen=True)
class Quoted:
    """What lessons quote, from a case and from tables that are kept; each part is Markdown."""

    case: Case
    root: Path

    @cached_property
    def names(self) -> Mapping[str, str]:
        """State -> its name."""
        return {s.state: s.name for s in self.case.states}

    # the record -------------------------------------------------------------------------------------

    def record(self, first: str, last: str, club: str = "CST") -> str:
        """What happened in a club between two months, a row a day and act."""
        rows: dict[tuple[date, str], list[str]] = {}
        for entry in self.case.record:
            within = first <= str(entry.date)[:7] <= last
            if entry.club == club and within and entry.act not in QUIET:
                act = entry.act.replace("_", " ")
                rows.setdefault((entry.date, act), []).append(self.names[entry.state])
        told = [(day, act, ", ".join(who)) for (day, act), who in sorted(rows.items())]
        return table(("day", "act", "states"), told)

    def members(self, month: str, club: str = "CST") -> str:
        """The states that are in a club at the end of a month by the record, in words, with their number."""
        status = compile_case(self.case).record.status[self._at(month)]
        c = tuple(self.case.clubs).index(club)
        found = [
            self.names[s] for i, s in enumerate(self.case.state_ids) if bool(is_in(status[i, c]))
        ]
        return f"{len(found)}: {', '.join(found)}"

    def events(self, first: str, last: str, *states: str) -> str:
        """What happened to states between two months, a row an event."""
        rows: dict[tuple[str, str], set[str]] = {}
        for event in self.case.events:
            if first <= str(event.date)[:7] <= last and event.state in states:
                rows.setdefault((str(event.date), event.label), set()).add(self.names[event.state])
        told = [(day, label, ", ".join(sorted(who))) for (day, label), who in sorted(rows.items())]
        return table(("from", "event", "states"), told)

    def _at(self, month: str) -> int:
        return self.case.month(month, "month") - self.case.start

    # what states feel -------------------------------------------------------------------------------

    def threats_and_ties(self, month: str) -> str:
        """Each state that decides: its strongest threat, its tie to the patron, and whether it is in that month."""
        inputs, t = compile_case(self.case), self._at(month)
        labels = [threat.label for threat in self.case.threats.values()]
        rows = []
        for state in self.case.deciders:
            s = self.case.state_ids.index(state)
            felt = inputs.situation.threat[t, s]
            worst = int(np.argmax(felt))
            inside = bool(is_in(inputs.record.status[t, s, 0]))
            rows.append(
                (
                    self.names[state],
                    labels[worst] if felt[worst] > 0 else "none",
                    number(float(felt[worst])),
                    number(float(inputs.situation.tie[t, s, 0])),
                    "in" if inside else "out",
                )
            )
        rows.sort(key=lambda row: -float(row[3]))
        return table(
            ("state", "strongest threat", "how strong (0 to 3)", "tie to Russia (SD)", month), rows
        )

    def line(self, month: str, later: str) -> str:
        """Where a line through the ties of a month parts best who is in later, and who is on its wrong side."""
        inputs, t = compile_case(self.case), self._at(month)
        rows = [self.case.state_ids.index(state) for state in self.case.deciders]
        tie = inputs.situation.tie[t, rows, 0]
        inside = is_in(inputs.record.status[self._at(later)][rows, 0])
        cuts = [np.flatnonzero((tie >= cut) != inside) for cut in np.sort(tie)]
        wrong = min(cuts, key=len)
        names = ", ".join(self.names[self.case.deciders[i]] for i in wrong)
        return (
            f"{len(wrong)} of {len(rows)} on the wrong side: {names}"
            if names
            else "nobody on the wrong side"
        )

    # the law ----------------------------------------------------------------------------------------

    def law(self, day: str, *rules: str) -> str:
        """Some of the rules of the treaty in force on a day, a row a rule."""
        found = rules_on(self.case, date.fromisoformat(day), "CST")["CST"]
        chosen = [s for s in found if not rules or s.id in rules]
        return table(("where it stands", "rule"), [(provision(s), s.text) for s in chosen])

    def rule_changes(self) -> str:
        """The days on which a rule of the treaty is replaced by another, and what differs."""
        rows = [
            (change.day, provision(replaced.new), differences(replaced))
            for change in changes_of(self.case, "CST")
            for replaced in change.replaced
        ]
        return table(("day", "rule", "what differs"), rows)

    # rivals -----------------------------------------------------------------------------------------

    def between(self, month: str, most: int = 6) -> str:
        """The states that stand between most pairs of others."""
        found = of_record(self.case, self.case.month(month, "month")).states.head(most)
        rows = [
            (self.names[r.state], f"{r.clubs:.0f}", f"{r.between:.0f}", f"{r.rivals_at_table:.0f}")
            for r in found.itertuples()
        ]
        return table(("state", "clubs", "stands between", "rivals at its tables"), rows)

    def rivals_at_a_table(self, month: str) -> str:
        """Pairs of rivals that share a club in a month, in words."""
        pairs = of_record(self.case, self.case.month(month, "month")).pairs
        rows = pairs[(pairs["p_shared"] > 0) & (pairs["rivalry"] > 0)]
        found = zip(rows["state"], rows["other"], strict=True)
        return "; ".join(f"{self.names[a]} and {self.names[b]}" for a, b in found) or "none"

    def in_two(self, month: str) -> str:
        """Which states are in which clubs, a row a state."""
        status = compile_case(self.case).record.status[self._at(month)]
        at = self.case.month(month, "month")
        rows = [
            (
                self.names[state],
                ", ".join(
                    self.case.club_name(club, at)
                    for c, club in enumerate(self.case.clubs)
                    if bool(is_in(status[self.case.state_ids.index(state), c]))
                )
                or "none",
            )
            for state in self.case.deciders
        ]
        return table(("state", f"clubs at the end of {month}"), rows)

    # what the model finds ---------------------------------------------------------------------------

    def answers(self, question: str, start: str, *theories: str) -> str:
        """What is found for a question from a start, a row a state and theory; luck is ninety per cent."""
        found = pd.read_csv(self.root / OUTCOMES)
        found = found[(found["counterfactual"] == question) & (found["start"] == start)]
        rows = []
        for theory in theories or ("whole",):
            for r in found[found["theory"] == theory].itertuples():
                luck = (r.simulation_high - r.simulation_low) / 2
                row = [f"{self.names[r.state]} in {r.club}", r.month]
                row += [THEORIES[theory]] if theories else []
                row += [f"{r.baseline:.0%} → {r.changed:.0%}", f"{number(100 * luck, 1)}"]
                rows.append((*row, ARROWS[r.implied], ARROWS[r.found]))
        heads = ["state", "month", *(["theory"] if theories else [])]
        return table((*heads, "in", "± luck, points", "expected", "found"), rows)

    def course(self, question: str, start: str) -> str:
        """In how many runs a question changes history, and by which reasons."""
        found = pd.read_csv(self.root / COURSES, keep_default_na=False)
        keys = (found["counterfactual"], found["theory"], found["start"])
        (row,) = found[
            np.logical_and.reduce(
                [k == v for k, v in zip(keys, (question, "whole", start), strict=True)]
            )
        ].itertuples()
        half = f"; half of these have parted by {row.half_parted_by}" if row.half_parted_by else ""
        state, _, reasons = row.carried_by.replace("_", " ").partition(" in ")
        carried = f" Carried by, for {self.names[state]} in {reasons}." if reasons else ""
        since = f"Inputs differ from {row.inputs_differ_from or 'no month'} on"
        return f"{since}; {row.share_changed:.0%} of runs take another course{half}.{carried}"

    def zeros(self, question: str, start: str) -> str:
        """That a nought found for a question is one of construction, where it is; begins with a blank."""
        found = pd.read_csv(self.root / OUTCOMES, dtype={"zero": str})
        found = found[(found["counterfactual"] == question) & (found["start"] == start)]
        built = found.loc[found["theory"] == "whole", "zero"].notna().any()
        words = " A nought above is one of construction here and says nothing about the world."
        return words if built else ""

    def title(self, question: str) -> str:
        """A question by its code, title and words."""
        asked = load_counterfactual(question, self.case)
        return f"{question}, *{asked.title}*: {asked.question}"

    @property
    def runs(self) -> str:
        """On how many paired runs answers rest."""
        return f"{pd.read_json(self.root / MANIFEST, typ='series')['runs']:,}"

    def renewal(self, *whose: str) -> str:
        """P(it signs in April 1999), of each state by a fit to all others, under one theory or several."""
        found = pd.read_csv(self.root / EVIDENCE / "readings.csv")
        found = found[found["state"] != "all"]
        wide = found.pivot_table(index="state", columns="theory", values="p_sign", sort=False)
        signed = found.drop_duplicates("state").set_index("state")["signed"]
        rows = [
            (
                self.names[state],
                *(f"{wide.loc[state, name]:.0%}" for name in whose),
                "✓" if did else "",
            )
            for state, did in signed.items()
        ]
        return table(("state", *(name.replace("_", " ") for name in whose), "signed"), rows)

    @property
    def weights(self) -> int:
        """How many weights of the value of a seat are fitted."""
        return len(self.case.role("weight"))

    def evidence(
        self, name: str, columns: Mapping[str, str], **where: str | bool | Sequence[str]
    ) -> str:
        """Columns of a table of the examination under heads of ours, in rows where columns have a value or one of some.

        Raises
        ------
        ValueError
            If there is no such row.
        """
        found = pd.read_csv(self.root / EVIDENCE / f"{name}.csv")
        for column, value in where.items():
            chosen = [value] if isinstance(value, str | bool) else value
            found = found[found[column].isin(chosen)]
        if found.empty:
            raise ValueError(f"{name}.csv has no row where {where}")
        rows = [
            [number(v, 2) if isinstance(v, float) else str(v).replace("_", " ") for v in row]
            for row in found[list(columns)].itertuples(index=False)
        ]
        return table(tuple(columns.values()), rows)

    # where it is ------------------------------------------------------------------------------------

    def opens(self, *queries: str) -> str:
        """Addresses that lead to the pages of a lesson, to be put behind that of the dashboard.

        Raises
        ------
        ValueError
            If one does not lead where it says.
        """
        for query in queries:
            _, complaints = from_query(self.case, query)
            if complaints:
                raise ValueError(f"{query}: {' '.join(complaints)}")
        told = ", ".join(f"`?{query}`" for query in queries)
        return f"Or at once, behind the address of the page: {told}"

    # predictions ------------------------------------------------------------------------------------

    def scores(self, *confidences: float) -> str:
        """What a prediction scores, by its confidence, if it is right and if not."""
        rows = [
            (f"{c:.0%}", number(brier(c, right=True)), number(brier(c, right=False)))
            for c in confidences
        ]
        return table(("how sure", "right", "wrong"), rows)

    # building ---------------------------------------------------------------------------------------

    def own_theory(self) -> str:
        """The theory of the examples, as it stands in its file."""
        return f"```python\n{(self.root / EXAMPLE).read_text(encoding='utf-8').rstrip()}\n```"

    def skeleton(self) -> str:
        """What a new case consists of."""
        case = load_case(SKELETON)
        states = ", ".join(s.name for s in case.states)
        return f"{states}; clubs {', '.join(case.clubs)}; {month_label(case.start)} to {month_label(case.end)}"


def lessons(root: Path = ROOT) -> dict[Path, str]:
    """The pages by where they stand, and the page that lists them."""
    figures = Quoted(load_case("cst"), root)
    names = list(LESSONS)
    found = {}
    for place, (name, title) in enumerate(LESSONS.items()):
        later = names[place + 1] if place + 1 < len(names) else None
        text = rendered(
            f"lessons/{name}.md",
            f=figures,
            name=name,
            number=place + 1,
            title=title,
            later=later,
            titles=LESSONS,
        )
        found[FOLDER / f"{name}.md"] = text.rstrip("\n") + "\n"
    found[FOLDER / "README.md"] = rendered("lessons/README.md", titles=LESSONS)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", action="store_true", help="the same: nothing is run")
    parser.parse_args(arguments)
    (ROOT / FOLDER).mkdir(exist_ok=True)
    for path, text in lessons().items():
        write(path, text)


if __name__ == "__main__":
    main()
