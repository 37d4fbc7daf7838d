"""What one visitor looks at, and the address that brings somebody else to the same view."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlencode

from model.case import Case
from model.clock import month_label, parse_month

PAGES = {"simulate": "Simulate", "state": "A state", "lab": "Lab"}
SHOWS = {"record": "The record", "run": "One run", "ensemble": "Many runs"}
RUNS, MOST_RUNS, LAST_SEED = 300, 2000, 2**31 - 1


@dataclass(frozen=True)
class View:
    """One page with all that it depends on. A month is a whole number (`model.clock`)."""

    page: str
    club: str
    #: the record, one run or many runs
    show: str
    #: the runs begin from the record at the end of this month
    start: int
    runs: int
    #: the number of the one run that is shown; it is the same run among many
    run: int
    seed: int
    month: int
    state: str
    #: weights that are held at a value in every run, by name
    weights: tuple[tuple[str, float], ...] = ()
    #: large type, without the controls
    present: bool = False

    def reset(self, case: Case) -> "View":
        """As at the beginning, with the same case, seed and club."""
        first = default(case)
        return replace(first, page=self.page, club=self.club, seed=self.seed, present=self.present)

    def query(self) -> str:
        """The part of the address after the question mark."""
        return urlencode(
            {
                "page": self.page,
                "club": self.club,
                "show": self.show,
                "start": month_label(self.start),
                "runs": self.runs,
                "run": self.run,
                "seed": self.seed,
                "month": month_label(self.month),
                "state": self.state,
                **({"weights": spoken(self.weights)} if self.weights else {}),
                **({"present": 1} if self.present else {}),
            }
        )


def spoken(weights: tuple[tuple[str, float], ...]) -> str:
    """Weights as they stand in an address: ``patronage:1.5,contagion:0``."""
    return ",".join(f"{name}:{value:g}" for name, value in weights)


def bounds(case: Case, weight: str) -> tuple[float, float]:
    """What a weight may be held at: three prior standard deviations to either side of the mean, or nothing."""
    prior = case.parameters[weight]
    reach = 3 * (prior.sd or 0.0)
    return min(0.0, prior.mean - reach), max(0.0, prior.mean + reach)


def default(case: Case) -> View:
    """What is seen first: many runs from the start of the case, at the start."""
    return View(
        page="simulate",
        club=case.focus,
        show="ensemble",
        start=case.start,
        runs=RUNS,
        run=0,
        seed=0,
        month=case.start,
        state=case.deciders[-1],
    )


def from_query(case: Case, query: str | None) -> tuple[View, tuple[str, ...]]:
    """The view that an address asks for, and in words what of it could not be had."""
    asked = {key: values[-1] for key, values in parse_qs(query or "").items()}
    return changed(case, default(case), asked)


def changed(case: Case, view: View, asked: Mapping[str, object]) -> tuple[View, tuple[str, ...]]:
    """The view with what is asked for as far as it is possible, and in words what is not.

    Examples
    --------
    >>> from model.case import load_case
    >>> case = load_case("cst")
    >>> view, complaints = changed(case, default(case), {"month": "1999-04", "club": "NATO"})
    >>> month_label(view.month), view.club, complaints
    ('1999-04', 'CST', ('There is no club "NATO" here: CST, GUAM, SCO, PFP.',))
    """
    complaints: list[str] = []
    found: dict[str, object] = {}
    for key, names in {
        "page": tuple(PAGES),
        "show": tuple(SHOWS),
        "club": tuple(case.clubs),
        "state": case.deciders,
    }.items():
        value = asked.get(key)
        if value in names:
            found[key] = value
        elif value is not None:
            complaints.append(f'There is no {key} "{value}" here: {", ".join(names)}.')
    for key, low, high in (("runs", 1, MOST_RUNS), ("run", 0, LAST_SEED), ("seed", 0, LAST_SEED)):
        if (value := asked.get(key)) is None:
            continue
        text = str(value)
        if text.isdecimal() and low <= int(text) <= high:
            found[key] = int(text)
        else:
            complaints.append(f'{key} is a whole number from {low} to {high:,}, not "{text}".')
    for key, last in (("start", case.end - 1), ("month", case.end)):
        if (value := asked.get(key)) is None:
            continue
        try:
            month = parse_month(str(value))
        except ValueError as error:
            complaints.append(f"{key}: {error}.")
            continue
        if case.start <= month <= last:
            found[key] = month
        else:
            span = f"{month_label(case.start)} to {month_label(last)}"
            complaints.append(f"{key} lies between {span}; {month_label(month)} does not.")
    if (value := asked.get("weights")) is not None:
        held, wrong = _weights(case, str(value))
        complaints += wrong
        found["weights"] = held
    if "present" in asked:
        found["present"] = asked["present"] in ("1", 1, True)
    return replace(view, **found), tuple(complaints)  # type: ignore[arg-type]


def _weights(case: Case, text: str) -> tuple[tuple[tuple[str, float], ...], list[str]]:
    """The weights that a text holds at a value, and in words which of them it cannot."""
    held: dict[str, float] = {}
    complaints = []
    known = case.role("weight")
    for part in filter(None, text.split(",")):
        name, _, number = part.partition(":")
        if name not in known:
            complaints.append(f'There is no weight "{name}" here: {", ".join(known)}.')
            continue
        low, high = bounds(case, name)
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if low <= value <= high:
            held[name] = value
        else:
            complaints.append(f'{name} is a number from {low:g} to {high:g}, not "{number}".')
    return tuple(sorted(held.items())), complaints
