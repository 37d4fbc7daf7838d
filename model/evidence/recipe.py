"""The recipe of a case's evidence, `evidence.toml`: whose ties, which columns, which years; read strictly."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tashkent.model.case.tables import READ, RECIPE, TIE, Head, State
from tashkent.model.clock import MONTHS_PER_YEAR, parse_month
from tashkent.model.errors import InputError, unknown
from tashkent.model.evidence import world
from tashkent.model.evidence.columns import CATALOGUE, TOWARDS, TRANSFORMS, Sponsor
from tashkent.model.evidence.measuring import LAG
from tashkent.model.reading import check_name, csv_rows, file_text, one_of, toml_table, validated

FILE = RECIPE
#: years that somebody may name
FIRST, LAST = world.FIRST_YEAR, 2100


class RecipeTable(BaseModel):
    """A table of the recipe, read strictly and frozen."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class SponsorStates(RecipeTable):
    """Who a sponsor is: the states that it is made of, and which of them leads (the first by default)."""

    states: tuple[str, ...] = Field(min_length=1, strict=False)
    leader: str = ""


class WorldPart(RecipeTable):
    """A column of the world's tables, perhaps towards a sponsor and away from another."""

    column: str
    of: str = ""
    against: str = ""
    sign: Literal[1, -1] = 1


class FilePart(RecipeTable):
    """A column of a CSV file of the case's own that has the columns `state` and `year` besides."""

    file: str = Field(min_length=1)
    column: str = Field(min_length=1)
    sign: Literal[1, -1] = 1
    transform: str = "none"
    #: a value counts only where the state took part in this share of the roll calls of the United Nations
    least_votes: float = Field(default=0.0, ge=0, le=1)


Part = WorldPart | FilePart


class CompositeParts(RecipeTable):
    """A composite: the mean of its standardised parts."""

    parts: tuple[dict[str, Any], ...] = Field(min_length=1, strict=False)


class MeasuredThreat(RecipeTable):
    """A threat as it is measured: by what, for disputes with which sponsor, and for nearness to what."""

    of: Literal["unrest", "secession", "armed_bands", "disputes", "nearness"]
    by: str = ""
    to: str = ""


class Recipe(RecipeTable):
    """What `evidence.toml` says."""

    schema_: Literal[1] = Field(alias="schema")
    first_year: int = Field(default=FIRST, ge=FIRST, le=LAST)
    fit_first: int | None = Field(default=None, ge=FIRST, le=LAST)
    fit_last: int | None = Field(default=None, ge=FIRST, le=LAST)
    memory_half_life: float = Field(default=5.0, gt=0, le=100)
    neighbours: tuple[str, ...] = Field(default=(), strict=False)
    voting_from: int | None = Field(default=None, ge=FIRST, le=LAST)
    #: a CSV file of the case's own with state, partner, year, share, in place of the world's shares of trade
    bonds: str = ""
    sponsors: dict[str, SponsorStates] = Field(min_length=1)
    composites: dict[str, CompositeParts]
    threats: dict[str, MeasuredThreat] = Field(default_factory=dict)


@dataclass(frozen=True)
class EvidencePlan:
    """A recipe that has been checked against its case."""

    folder: Path
    recipe: Recipe
    deciders: list[str]
    #: all states of the case: those whose votes tell how many there were
    states: list[str]
    #: years in which values are used, years of columns, and those on which they are standardised
    used: range
    years: range
    fit: range
    sponsors: Mapping[str, Sponsor]
    composites: Mapping[str, tuple[Part, ...]]


def read_plan(folder: Path) -> EvidencePlan:
    """The recipe of a case and what it needs of `case.toml` and `states.csv`; nothing else of the case is read.

    Raises
    ------
    InputError
        If one of the three is missing, or anything in it cannot be used.
    """
    head: Head = validated(Head, _table(folder, "case.toml"), "case.toml", "case")
    states = csv_rows(_text(folder, "states.csv"), "states.csv", State)
    recipe: Recipe = validated(Recipe, _table(folder, FILE), FILE, "")
    for state in states:
        _check_state(state.state, "states.csv", "state")
    for neighbour in recipe.neighbours:
        _check_state(neighbour, FILE, "neighbours")
    sponsors = {name: _sponsor(name, found) for name, found in recipe.sponsors.items()}
    used, years, fit = _years(head, recipe)
    plan = EvidencePlan(
        folder,
        recipe,
        [s.state for s in states if s.role == "decider"],
        [s.state for s in states],
        used,
        years,
        fit,
        sponsors,
        {
            name: tuple(
                _part(f"composites.{name}.parts.{i}", part, sponsors)
                for i, part in enumerate(found.parts, start=1)
            )
            for name, found in recipe.composites.items()
        },
    )
    _check_names(plan)
    return plan


def _text(folder: Path, file: str) -> str:
    if not (folder / file).is_file():
        allowed = "a file of this name in the folder of the case"
        raise InputError(file, "file", "missing", allowed)
    return file_text(folder / file, file)


def _table(folder: Path, file: str) -> dict[str, Any]:
    return toml_table(_text(folder, file), file)


def _check_state(state: str, file: str, key: str) -> None:
    known = world.known_states()
    if state not in known:
        near = unknown(file, key, state, known).near
        allowed = "a state of the world's tables (docs/world.md), by its code"
        raise InputError(file, key, state, allowed, near)


def _sponsor(name: str, found: SponsorStates) -> Sponsor:
    check_name(name, FILE, "sponsors")
    for state in found.states:
        _check_state(state, FILE, f"sponsors.{name}.states")
    leader = found.leader or found.states[0]
    return Sponsor(found.states, one_of(FILE, f"sponsors.{name}.leader", leader, found.states))


def _years(head: Head, recipe: Recipe) -> tuple[range, range, range]:
    """Years of use, years of columns, years of fit."""
    found = {}
    for key in ("start", "end", "fit_until"):
        try:
            found[key] = parse_month(getattr(head, key)) // MONTHS_PER_YEAR
        except ValueError as error:
            raise InputError("case.toml", key, getattr(head, key), str(error)) from None
    used = range(found["start"], found["end"] + 1)
    if not used or used[0] - LAG < FIRST:
        allowed = f"a month from {FIRST + LAG} on, before the end"
        raise InputError("case.toml", "start", head.start, allowed)
    first = min(recipe.first_year, used[0] - LAG)
    years = range(first, used[-1] - LAG + 1)
    low = used[0] - LAG if recipe.fit_first is None else recipe.fit_first
    high = found["fit_until"] - LAG if recipe.fit_last is None else recipe.fit_last
    for key, year in (("fit_first", low), ("fit_last", high)):
        if year not in years:
            raise InputError(FILE, key, year, f"a year from {years[0]} to {years[-1]}")
    if high <= low:
        raise InputError(FILE, "fit_last", high, f"a year after fit_first ({low})")
    return used, years, range(low, high + 1)


def _part(key: str, part: dict[str, Any], sponsors: Mapping[str, Sponsor]) -> Part:
    """A part of a composite: of a file of one's own if it names one, and otherwise of the world's tables."""
    if "file" in part:
        own: FilePart = validated(FilePart, part, FILE, key)
        one_of(FILE, f"{key}.transform", own.transform, TRANSFORMS)
        return own
    found: WorldPart = validated(WorldPart, part, FILE, key)
    one_of(FILE, f"{key}.column", found.column, CATALOGUE)
    if found.column in TOWARDS:
        one_of(FILE, f"{key}.of", found.of, sponsors)
    elif found.of:
        raise InputError(FILE, f"{key}.of", found.of, f"nothing: {found.column} is of the state")
    if found.against:
        one_of(FILE, f"{key}.against", found.against, sponsors)
        if found.column != "un_agreement" or found.against == found.of:
            allowed = "another sponsor, with the column un_agreement"
            raise InputError(FILE, f"{key}.against", found.against, allowed)
    return found


def _check_names(plan: EvidencePlan) -> None:
    """Every tie is of a sponsor, every sponsor has one, and what formulas read is there."""
    for name in plan.composites:
        if name.startswith(TIE):
            one_of(FILE, f"composites.{name}", name.removeprefix(TIE), plan.sponsors)
        else:
            one_of(FILE, "composites", name, [*READ, *(TIE + sponsor for sponsor in plan.sponsors)])
    for needed in (*READ, *(TIE + sponsor for sponsor in plan.sponsors), TIE + "patron"):
        if needed not in plan.composites:
            raise InputError(FILE, f"composites.{needed}", "missing", "a table with parts")
    for name, threat in plan.recipe.threats.items():
        check_name(name, FILE, "threats")
        if name in plan.composites or name == "rivalry":
            raise InputError(FILE, "threats", name, "a name that no composite has")
        if threat.of == "disputes":
            one_of(FILE, f"threats.{name}.by", threat.by, plan.sponsors)
        elif threat.by:
            raise InputError(FILE, f"threats.{name}.by", threat.by, "nothing but for disputes")
        if threat.of == "nearness":
            _check_state(threat.to, FILE, f"threats.{name}.to")
        elif threat.to:
            raise InputError(FILE, f"threats.{name}.to", threat.to, "nothing but for nearness")
