"""Named, frozen lists of patches to a case: what if an event, a rule, an offer, a tie or an act had been another?

A `Counterfactual` is applied to a loaded case and gives a new frozen case with a hash of its own; the case itself
stays as it is. The record is not patched but for the club that is removed: it says what happened, and runs start from
it. Parameters are always those that were fitted to the record of the case as it is.

Counterfactuals come from TOML files, one a file (docs/counterfactual-format.md), or are made in Python from the
patches of `model.patches`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from html import escape
from pathlib import Path
from typing import Literal, cast

from pydantic import Field

from tashkent.model.case import Case, checks
from tashkent.model.case.case import UNSAID, Changed
from tashkent.model.clock import month_label
from tashkent.model.errors import InputError, meant
from tashkent.model.parameters import ParameterDraws
from tashkent.model.patches.inputs import ChangeParameter
from tashkent.model.patches.kinds import PATCH_NAMES, PATCHES
from tashkent.model.patches.patch import Patch, Strict, Texts, check_known, refused
from tashkent.model.reading import LONGEST_NAME, file_text, names_in, one_of, toml_table, validated
from tashkent.model.statuses import Status

#: the folder of a case that holds its counterfactuals
FOLDER = "counterfactuals"
SUFFIX = ".toml"
#: joins the names of counterfactuals that are applied together
AND = "+"
SCHEMA = 1
#: table of a case -> what checks it once it is patched
_CHECKS = {
    "clubs": checks.check_clubs,
    "openness": checks.check_openness,
    "statutes": checks.check_statutes,
    "requests": checks.check_requests,
    "events": checks.check_events,
    "composites": checks.check_evidence,
    "rivalry": checks.check_evidence,
    "bonds": checks.check_evidence,
}


class ExpectedOutcome(Strict):
    """What to look at, and the direction that the sources imply for it.

    `status` is ``in`` for a seat in the club, or a status as the record writes it.
    """

    state: str
    club: str
    month: str
    status: str = "in"
    direction: Literal["up", "down", "none"]
    #: whose reasoning it is: the sources' own, general knowledge, or both
    whose: Literal["seed", "GK", "both"]
    why: str = ""


class Counterfactual(Strict):
    """A question "what if", as a named list of patches to a case.

    Parameters
    ----------
    id, title, question
        Its name, what it changes in a few words, and what it asks.
    patches
        The changes, in the order in which they are made; `patch` in a file, and in the signature.
    starts
        Months ``YYYY-MM`` from whose record it is asked; the start of the case by default.
    outcomes
        What to look at, and which direction is implied by whom; `outcome` in a file, and in the signature.
    lesson
        A paragraph for where model and sources part.
    source
        Where question and directions come from.

    Examples
    --------
    >>> from tashkent.model.case import load_case
    >>> case = load_case("cst")
    >>> from tashkent.model.patches.events import RemoveEvent
    >>> quiet = Counterfactual(id="quiet", patches=(RemoveEvent(event="E031"),))
    >>> changed = quiet.apply(case)
    >>> len(case.events) - len(changed.events), changed.hash != case.hash
    (1, True)
    """

    id: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_.+-]*$", max_length=LONGEST_NAME)
    title: str = ""
    question: str = ""
    starts: Texts = ()
    outcomes: tuple[ExpectedOutcome, ...] = Field(default=(), alias="outcome", strict=False)
    patches: tuple[Patch, ...] = Field(alias="patch", min_length=1)
    lesson: str = ""
    source: str = ""

    def __repr__(self) -> str:
        """A line: its name, what it changes, and in how many patches."""
        return (
            f"<Counterfactual {self.id}: {self.title or 'no title'}; {len(self.patches)} patches>"
        )

    def _repr_html_(self) -> str:
        """What a notebook shows: the question and the patches."""
        patches = "".join(f"<li><code>{escape(repr(patch))}</code></li>" for patch in self.patches)
        return f"<p>{escape(repr(self))}<br>{escape(self.question)}</p>\n<ol>{patches}</ol>"

    def __add__(self, other: "Counterfactual") -> "Counterfactual":
        """Both together, this one first. Where they patch different things the order does not matter."""
        titles = [title for title in (self.title, other.title) if title]
        questions = [question for question in (self.question, other.question) if question]
        return Counterfactual(
            id=f"{self.id}{AND}{other.id}",
            title="; ".join(titles),
            question=" ".join(questions),
            starts=tuple(sorted({*self.starts, *other.starts})),
            patches=(*self.patches, *other.patches),
            source="; ".join(dict.fromkeys(filter(None, (self.source, other.source)))),
        )

    def apply(self, case: Case) -> Case:
        """The case with the patches made, frozen, with a hash of its own.

        Choose a theory first (`model.theory`): a weight that the theory leaves out cannot be changed and stays out.

        Raises
        ------
        InputError
            If a patch names what the case does not have, makes a table that does not hold together, or changes nothing.
        """
        file = f"{self.id}{SUFFIX}"
        patched = case
        for number, patch in enumerate(self.patches, start=1):
            name = f"patch {number} ({PATCH_NAMES[type(patch)]})"
            try:
                patched = _patched(patched, patch)
            except InputError as error:
                key = f"{name}: {error.key}"
                raise InputError(file, key, error.value, error.allowed, error.near) from None
        if _differences(case, patched) == []:
            raise InputError(file, "patch", "no change", "patches that change the case together")
        of = case.changed.of if case.changed else case
        changed = patched.changed or Changed(of)
        result = patched.varied(changed=replace(changed, of=of))
        result.law.share(of.law)
        self._check_months(result)
        return result

    def _check_months(self, case: Case) -> None:
        """Starts, and what to look at, exist in the case."""
        file = f"{self.id}{SUFFIX}"
        for text in self.starts:
            case.start_month(text, "starts", file)
        first = min((case.month(text, "starts") for text in self.starts), default=case.start)
        for outcome in self.outcomes:
            statuses = ("in", *(status.name.lower() for status in Status))
            try:
                check_known("outcome.state", [outcome.state], case.deciders)
                clubs = case.clubs if case.changed is None else case.changed.of.clubs
                check_known("outcome.club", [outcome.club], clubs)
                check_known("outcome.status", [outcome.status], statuses)
                if case.month(outcome.month, "outcome.month") <= first:
                    allowed = f"a month after {month_label(first)}, from whose record runs start"
                    raise InputError(file, "outcome.month", outcome.month, allowed)
            except InputError as error:
                raise InputError(file, error.key, error.value, error.allowed, error.near) from None


def _patched(case: Case, patch: Patch) -> Case:
    changes = patch.change(case)
    left_out = isinstance(patch, ChangeParameter) and not changes
    patched = case.varied(**changes)
    if not left_out and not _differences(case, patched):
        raise refused("change", "nothing", "a patch that changes something")
    for check in dict.fromkeys(_CHECKS[table] for table in changes if table in _CHECKS):
        check(patched)
    if "parameters" in changes and patched.role("weight"):
        checks.check_parameters(patched)
    return patched


def _differences(old: Case, new: Case) -> list[str]:
    """What was added to and taken from the tables, as text, in an order that does not depend on that of the patches."""
    found: list[str] = []
    for field in fields(Case):
        if field.name in UNSAID:
            continue
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before is after:
            continue
        if isinstance(before, Mapping):
            same = {name for name in before.keys() & after.keys() if before[name] is after[name]}
            before, after = (
                tuple(item for item in rows.items() if item[0] not in same)
                for rows in (before, after)
            )
        if isinstance(before, tuple):
            kept = {id(row) for row in before} & {id(row) for row in after}
            gone = [repr(row) for row in before if id(row) not in kept]
            come = [repr(row) for row in after if id(row) not in kept]
            for text in list(gone):
                if text in come:
                    gone.remove(text)
                    come.remove(text)
            found += [f"{field.name} - {text}" for text in gone]
            found += [f"{field.name} + {text}" for text in come]
    changes = [c.changed for c in (old, new)]
    if changes[0] is not changes[1] and changes[1] is not None:
        orders = set(changes[0].orders) if changes[0] else set()
        held = set(changes[0].held) if changes[0] else set()
        found += [f"order {order}" for order in changes[1].orders if order not in orders]
        found += [f"held {pair}" for pair in changes[1].held if pair not in held]
    return sorted(found)


def parameters_of(case: Case, draws: ParameterDraws) -> ParameterDraws:
    """The draws of the case as it is, as a counterfactual has them: held at a value, or of another prior.

    The result has the runs of `draws`. A parameter of another prior keeps the standard normal
    numbers of its draws, so runs stay paired.

    Raises
    ------
    InputError
        If the theory was changed after the counterfactual was applied.
    """
    if case.changed is None:
        return draws
    of, held = case.changed.of, dict(case.changed.held)
    if set(of.drawn) != set(case.drawn):
        allowed = "the theory first, then the counterfactual"
        raise InputError(case.id, "theory", "chosen after a counterfactual", allowed)
    found = {}
    for name, values in draws.items():
        old, new = of.parameters[name], case.parameters[name]
        if name in held:
            found[name] = values * 0.0 + held[name]
        elif new != old and old.sd and new.sd:
            found[name] = new.mean + new.sd * (values - old.mean) / old.sd
        else:
            found[name] = values
    return ParameterDraws.from_mapping(found)


def load_counterfactual(name: str, case: Case) -> Counterfactual:
    """A counterfactual of the case by name, or of a TOML file by path; several joined by ``+``.

    Raises
    ------
    InputError
        If there is none of that name, or the file cannot be used.

    Examples
    --------
    >>> from tashkent.model.case import load_case
    >>> load_counterfactual("CF1", load_case("cst")).title
    'No bombs in Tashkent'
    """
    found = None
    for part in names_in(name, AND, SUFFIX):
        one = _load_one(part, case)
        found = one if found is None else found + one
    assert found is not None
    return found


def _load_one(name: str, case: Case) -> Counterfactual:
    if name.endswith(SUFFIX):
        return read_counterfactual(Path(name))
    shipped = {path.stem: path for path in sorted((case.path / FOLDER).glob(f"*{SUFFIX}"))}
    names: dict[str, tuple[str, ...]] = dict.fromkeys(by_number(shipped), ())
    try:
        found = meant("counterfactual", "name or file", name, names)
    except InputError as error:
        allowed = f"{error.allowed}, or a file{SUFFIX}"
        raise InputError(error.file, error.key, name, allowed, error.near) from None
    return read_counterfactual(shipped[found])


def shipped_counterfactuals(case: Case) -> tuple[Counterfactual, ...]:
    """The counterfactuals in the folder of a case, by number."""
    paths = {path.stem: path for path in (case.path / FOLDER).glob(f"*{SUFFIX}")}
    return tuple(read_counterfactual(paths[name]) for name in by_number(paths))


def by_number(names: Iterable[str]) -> list[str]:
    """Names in the order in which people count: CF2 before CF10."""
    return sorted(
        names, key=lambda n: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", n)]
    )


def read_counterfactual(path: Path) -> Counterfactual:
    """A counterfactual from a TOML file; see docs/counterfactual-format.md.

    Raises
    ------
    InputError
        If the file is missing, or anything in it is missing, misspelt or of the wrong kind.
    """
    found = parse_counterfactual(file_text(path, "counterfactual"), path.name)
    if found.id != path.stem:
        raise InputError(path.name, "id", found.id, f"the name of the file ({path.stem})")
    return found


def parse_counterfactual(text: str, file: str) -> Counterfactual:
    """A counterfactual from the text of a TOML file, whose name serves for complaints.

    Raises
    ------
    InputError
        If anything in the text is missing, misspelt or of the wrong kind.

    Examples
    --------
    >>> parse_counterfactual(
    ...     'id = "q"\\n[[patch]]\\ndo = "remove_club"\\nclub = "GUAM"', "q.toml"
    ... ).patches
    (RemoveClub(do='remove_club', club='GUAM'),)
    """
    table = toml_table(text, file)
    schema = table.pop("schema", SCHEMA)
    if type(schema) is not int or schema != SCHEMA:
        raise InputError(file, "schema", schema, str(SCHEMA))
    patches = table.get("patch")
    if not isinstance(patches, list) or not patches:
        said = "missing" if patches is None else patches
        raise InputError(file, "patch", said, "one table at least, each under [[patch]]")
    table["patch"] = tuple(_patch(file, n, row) for n, row in enumerate(patches, start=1))
    found: Counterfactual = validated(Counterfactual, table, file, "counterfactual")
    return found


def _patch(file: str, number: int, row: object) -> Patch:
    key = f"patch {number}"
    if not isinstance(row, dict):
        raise InputError(file, key, row, "a table under [[patch]]")
    do = one_of(file, f"{key}.do", row.get("do", "missing"), PATCHES)
    return cast(Patch, validated(PATCHES[do], row, file, f"{key} ({do})"))
