"""The law of a case in words: the rules in force on a day, what changed when, and the rulebook.

Nothing here knows the kinds of statutes: whatever fields a kind adds to `Statute` are its numbers.
"""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tashkent.model.case import Case
from tashkent.model.case.loading import CASES
from tashkent.model.clock import last_day, month_of
from tashkent.model.errors import InputError, unknown
from tashkent.model.reading import learnt_keys
from tashkent.model.statutes import SEVERAL, Statute

#: fields of a statute that have a place of their own; all others are its numbers
WORDED = (
    "id",
    "club",
    "kind",
    "instrument",
    "article",
    "from",
    "until",
    "signed",
    "separate",
    "text",
    "source",
    "ambiguity",
    "other_reading",
)


@dataclass(frozen=True)
class Replacement:
    """A rule that takes the place of another of the same club and kind, and the numbers that differ."""

    old: Statute
    new: Statute
    numbers: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Change:
    """What changes in the law of one club on a day."""

    day: date
    club: str
    ended: tuple[Statute, ...]
    began: tuple[Statute, ...]
    replaced: tuple[Replacement, ...]


# what is asked for ---------------------------------------------------------------------------------


def parse_day(case: Case, text: str | None) -> date:
    """The day written ``YYYY-MM-DD``, by default the last one of the case; `InputError` if it is none.

    Raises
    ------
    InputError
        If it is no day, or not written so.
    """
    if text is None:
        return last_day(case.end)
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    allowed = "a day of the calendar, written YYYY-MM-DD, for example 1999-04-20"
    raise InputError(case.id, "DATE", text, allowed)


def chosen_clubs(case: Case, club: str | None) -> tuple[str, ...]:
    """One club, or all of them in the order of the file; `InputError` for an unknown one.

    Raises
    ------
    InputError
        If the club is unknown.
    """
    if club is None:
        return tuple(case.clubs)
    if club not in case.clubs:
        raise unknown(case.id, "--club", club, case.clubs)
    return (club,)


def rules_on(case: Case, day: date, club: str | None = None) -> dict[str, tuple[Statute, ...]]:
    """The statutes in force on a day, club by club, each club's in the order in which they began."""
    held = case.law.at(day)
    clubs = chosen_clubs(case, club)
    return {name: in_order(held[name]) for name in clubs if name in held}


def in_order(statutes: Iterable[Statute]) -> tuple[Statute, ...]:
    """Statutes by their first day; those of one day stay as they were."""
    return tuple(sorted(statutes, key=lambda s: s.from_))


def changes(case: Case, club: str | None = None) -> tuple[Change, ...]:
    """What ended and began, day by day and club by club.

    Examples
    --------
    >>> from tashkent.model.case import load_case
    >>> [c.began[0].id for c in changes(load_case("cst"), "CST") if str(c.day) == "1999-04-21"]
    ['CST-P1999']
    """
    found = []
    clubs = chosen_clubs(case, club)
    days = {s.from_ for s in case.statutes} | {s.until for s in case.statutes if s.until}
    for day in sorted(days):
        for name in clubs:
            own = [s for s in case.statutes if s.club == name]
            ended = in_order(s for s in own if s.until == day)
            began = in_order(s for s in own if s.from_ == day)
            if ended or began:
                found.append(Change(day, name, ended, began, _replaced(ended, began)))
    return tuple(found)


def _replaced(ended: tuple[Statute, ...], began: tuple[Statute, ...]) -> tuple[Replacement, ...]:
    """Pairs of one kind; where several of a kind may hold, end or begin at a time, none replaces another."""
    found = []
    for new in began:
        if kind_of(new) in SEVERAL:
            continue
        of_kind = [[s for s in group if type(s) is type(new)] for group in (ended, began)]
        if [len(group) for group in of_kind] == [1, 1]:
            old = of_kind[0][0]
            before, after = _fields(old), _fields(new)
            differ = {k: (before[k], after[k]) for k in after if before[k] != after[k]}
            found.append(Replacement(old, new, differ))
    return tuple(found)


# words ---------------------------------------------------------------------------------------------

#: keys of statutes, and values of them, that say little to who has not read docs/cases.md
KEYS = {
    "absence_blocks": "who is absent blocks",
    "automatic": "without a decision",
    "below": "ends with fewer members than",
    "consensus": "nobody may object",
    "consent": "all members agree to bases of others",
    "covers": "help against",
    "informed_months_before": "months between what is known and the decision",
    "majority": "decided by a majority",
    "ministers": "ministers propose first",
    "notice_months": "months of notice",
    "on_request": "only on request",
    "price": "joined first",
    "ratification_months": "months to ratify",
    "settlement": "obligations are settled first",
    "since": "counted from",
    "withdrawable": "an objection can be taken back",
}
VALUES = {
    "acquis": "all that is in force",
    "automatic": "by itself",
    "external": "an attack",
    "gap": "what was concluded without it",
    "incursion": "armed bands from abroad",
    "opt_in": "by signature",
    "stability": "violence at home",
}


def numbers(statute: Statute) -> dict[str, Any]:
    """What the kind of a statute adds to the fields that all share, but for special keys that it leaves unsaid."""
    unsaid = learnt_keys(type(statute))
    return {k: v for k, v in _fields(statute).items() if k not in unsaid or v != unsaid[k]}


def _fields(statute: Statute) -> dict[str, Any]:
    return {k: v for k, v in statute.model_dump(by_alias=True).items() if k not in WORDED}


def kind_of(statute: Statute) -> str:
    """The kind of a statute, as it is written in the case."""
    return str(statute.model_dump()["kind"])


def named(key: str) -> str:
    """What a key of a statute is called.

    Examples
    --------
    >>> named("ratification_months"), named("years")
    ('months to ratify', 'years')
    """
    return KEYS.get(key, key.replace("_", " "))


def spoken(value: object) -> str:
    """A value of a statute in words; a mapping with its keys.

    Examples
    --------
    >>> [spoken(v) for v in (True, "opt_in", 0.5, ["CST", "GUAM"], [], None)]
    ['yes', 'by signature', '0.5', 'CST, GUAM', 'none', 'none']
    >>> spoken({"ratification_months": 2})
    'months to ratify: 2'
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{named(k)}: {spoken(v)}" for k, v in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(spoken(v) for v in value) or "none"
    if value is None or value == "":
        return "none"
    if isinstance(value, float):
        return f"{value:g}"
    return VALUES.get(str(value), str(value).replace("_", " "))


def provision(statute: Statute) -> str:
    """Instrument and article."""
    if not statute.article:
        return statute.instrument
    numbered = statute.article[0].isdigit()
    return f"{statute.instrument}, {'Article ' if numbered else ''}{statute.article}"


def span(statute: Statute) -> str:
    """From which to which day a statute is in force, both included."""
    if statute.until is None:
        return f"from {statute.from_}"
    last = statute.until - timedelta(days=1)
    return f"on {last} only" if last == statute.from_ else f"from {statute.from_} to {last}"


def months_in_force(statute: Statute) -> tuple[int, int | None]:
    """The first and the last month in which a statute is in force on some day; no last one if nothing ends it."""
    last = None if statute.until is None else month_of(statute.until - timedelta(days=1))
    return month_of(statute.from_), last


def signing(statute: Statute) -> str:
    """When a statute was signed, if it took effect later, and whether it binds only who joins it."""
    told = [f"signed on {statute.signed}"] if statute.signed else []
    if statute.separate:
        told.append("binds only who joins it")
    line = "; ".join(told)
    return line[:1].upper() + line[1:]


def open_question(statute: Statute) -> str:
    """What the sources leave open about a statute, and its numbers in the reading that was not taken."""
    told = []
    if ambiguity := getattr(statute, "ambiguity", None):
        told.append(f"Open question: {str(ambiguity).rstrip('.')}")
    if other := dict(statute.other_reading):
        told.append(f"other reading: {spoken(other)}")
    line = "; ".join(told)
    return line[:1].upper() + line[1:]


def differences(replacement: Replacement) -> str:
    """The numbers that differ between two rules, old -> new."""
    told = "; ".join(
        f"{named(k)}: {spoken(a)} -> {spoken(b)}" for k, (a, b) in replacement.numbers.items()
    )
    return told or "no number changed"


def facts(statute: Statute) -> tuple[tuple[str, str], ...]:
    """What there is to say of a statute besides its text and what is open about it, each fact with its name."""
    found = [
        ("kind", kind_of(statute)),
        ("provision", provision(statute)),
        ("in force", span(statute)),
        ("signing", signing(statute)),
        *((named(k), spoken(v)) for k, v in numbers(statute).items()),
        ("source", statute.source),
    ]
    return tuple((name, words) for name, words in found if words)


def sources(case: Case, statutes: Iterable[Statute]) -> dict[str, str]:
    """The sources of some statutes, spelled out, in the order of the case."""
    cited = {code.strip() for s in statutes for code in s.source.split(";")}
    return {code: words for code, words in case.sources.items() if code in cited}


def heading(case: Case, club: str, day: date) -> str:
    """A club by its code, the name that it bears on a day if that is another, and its title."""
    name = case.club_name(club, month_of(day))
    return f"{club}{'' if name == club else f' ({name})'}: {case.clubs[club].title}"


# plain text ----------------------------------------------------------------------------------------


def rules_text(case: Case, day: date, club: str | None = None, width: int = 80) -> str:
    """The rules in force on a day, wrapped to a width."""
    held = rules_on(case, day, club)
    lines = [*_wrap(case.title, width), f"Rules in force on {day}"]
    if not held:
        lines += ["", "None."]
    for name, statutes in held.items():
        lines += ["", *_wrap(heading(case, name, day), width)]
        for statute in statutes:
            lines += ["", *_statute_lines(statute, width)]
    lines += _source_lines(case, [s for statutes in held.values() for s in statutes], width)
    return "\n".join(lines)


def changes_text(case: Case, club: str | None = None, width: int = 80) -> str:
    """What began and ended day by day, wrapped to a width."""
    lines = [
        *_wrap(case.title, width),
        *_wrap("Changes in the law: + first day in force, - first day no longer in force", width),
    ]
    day = None
    for change in changes(case, club):
        if change.day != day:
            day = change.day
            lines += ["", str(day)]
        for mark, statutes in (("-", change.ended), ("+", change.began)):
            for s in statutes:
                words = f"{mark} {change.club}  {s.id}: {spoken(kind_of(s))}. {provision(s)}"
                lines += _wrap(words, width, indent=2, hang=4)
        for swap in change.replaced:
            words = f"{swap.old.id} -> {swap.new.id}: {differences(swap)}"
            lines += _wrap(words, width, indent=4, hang=2)
    if day is None:
        lines += ["", "None."]
    return "\n".join(lines)


def _statute_lines(statute: Statute, width: int) -> Iterator[str]:
    yield from _wrap(f"{statute.id}: {spoken(kind_of(statute))}", width, indent=2)
    paragraphs = (
        provision(statute),
        f"In force {span(statute)}",
        signing(statute),
        statute.text,
        "; ".join(f"{named(k)}: {spoken(v)}" for k, v in numbers(statute).items()),
        open_question(statute),
        f"Source: {statute.source}",
    )
    for paragraph in filter(None, paragraphs):
        yield from _wrap(paragraph, width, indent=4)


def _source_lines(case: Case, statutes: Iterable[Statute], width: int) -> Iterator[str]:
    cited = sources(case, statutes)
    if cited:
        yield from ("", "Sources")
    for code, words in cited.items():
        yield from _wrap(f"{code}: {words}", width, indent=2, hang=2)


def _wrap(words: str, width: int, *, indent: int = 0, hang: int = 0) -> list[str]:
    return textwrap.wrap(
        words,
        max(width, 40),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang),
        break_on_hyphens=False,
        break_long_words=False,
    )


# JSON ----------------------------------------------------------------------------------------------


def rules_json(case: Case, day: date, club: str | None = None) -> dict[str, Any]:
    """The rules in force on a day, as `tashkent law --json` writes them."""
    clubs = {
        name: {
            "name": case.club_name(name, month_of(day)),
            "title": case.clubs[name].title,
            "rules": [_statute_json(case, s) for s in statutes],
        }
        for name, statutes in rules_on(case, day, club).items()
    }
    return {"case": case.id, "date": str(day), "clubs": clubs}


def changes_json(case: Case, club: str | None = None) -> dict[str, Any]:
    """The changes of the law, as `tashkent law --changes --json` writes them."""
    found = [
        {
            "date": str(change.day),
            "club": change.club,
            "began": [s.id for s in change.began],
            "ended": [s.id for s in change.ended],
            "replaced": [
                {
                    "kind": kind_of(swap.new),
                    "old": swap.old.id,
                    "new": swap.new.id,
                    "numbers": {
                        k: {"old": _plain(a), "new": _plain(b)}
                        for k, (a, b) in swap.numbers.items()
                    },
                }
                for swap in change.replaced
            ],
        }
        for change in changes(case, club)
    ]
    return {"case": case.id, "changes": found}


def _statute_json(case: Case, statute: Statute) -> dict[str, Any]:
    """What all statutes have, in the order of the file, then the numbers of the kind under one key."""
    fields = statute.model_dump(mode="json", by_alias=True)
    own = {k: fields[k] for k in numbers(statute)}
    shared = {k: fields[k] for k in WORDED if k in fields and k != "club"}
    return shared | {"numbers": own, "source": sources(case, [statute])}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, date) else value


# Markdown ------------------------------------------------------------------------------------------


def rulebook(case: Case) -> str:
    """All statutes of a case by club and date, the table of changes and the sources, in Markdown."""
    shipped = case.path.resolve().parent == CASES.resolve()
    which = "" if case.id == "cst" else f" --case {case.id if shipped else 'FOLDER'}"
    how = f"`tashkent law{which} --markdown`"
    if not which:
        how = "`make docs`, which is `tashkent law --markdown > docs/rulebook.md`"
    lines = [
        f"# Rulebook: {_md(case.title)}",
        "",
        f"Generated from the case `{case.id}` by {how}: change the case, not this page.",
        "",
        "Every statute of the case, club by club, in order of date. Days are included at both ends.",
        "",
    ]
    for club, row in case.clubs.items():
        lines += [f"## {club}: {_md(row.title)}", ""]
        for statute in in_order(s for s in case.statutes if s.club == club):
            lines += _statute_markdown(statute)
    lines += [*_changes_markdown(case), "## Sources", ""]
    lines += [f"* `{code}`: {_md(words)}" for code, words in sources(case, case.statutes).items()]
    return "\n".join(lines) + "\n"


def _statute_markdown(statute: Statute) -> list[str]:
    lines = [f"### `{statute.id}`", "", _md(statute.text), ""]
    if question := open_question(statute):
        lines += [_md(question), ""]
    return [*lines, *(f"* {name}: {_fact_md(name, words)}" for name, words in facts(statute)), ""]


def _changes_markdown(case: Case) -> list[str]:
    lines = [
        "## Changes by date",
        "",
        "\\+ first day in force, \N{MINUS SIGN} first day no longer in force.",
        "",
        "| date | club | rules | numbers that changed |",
        "|---|---|---|---|",
    ]
    for change in changes(case):
        rules = [f"\N{MINUS SIGN} `{s.id}`" for s in change.ended]
        rules += [f"\\+ `{s.id}`" for s in change.began]
        told = [
            f"`{swap.old.id}` -> `{swap.new.id}`: {_md(differences(swap))}"
            for swap in change.replaced
        ]
        cells = (str(change.day), change.club, "<br>".join(rules), "<br>".join(told))
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _fact_md(name: str, words: str) -> str:
    if name == "kind":
        return f"`{words}`"
    return _md(words[:1].lower() + words[1:] if name == "signing" else words)


def _md(words: str) -> str:
    """Words with what Markdown would read as markup escaped."""
    return re.sub(r"([\\`*|<\[\]]|(?<!\w)_|_(?!\w))", r"\\\1", " ".join(words.split()))
