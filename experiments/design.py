"""Reading a design of a sweep from a TOML file or a table, checked against its case (docs/sweeps.md)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tashkent.calibration.measures.record import Brier
from tashkent.experiments.factors import (
    COUNTED,
    CROSSED,
    FACTORS,
    ONCE,
    Factor,
    ListedFactor,
    NumberFactor,
    OfCounterfactual,
    OfParameter,
    OfStart,
    OfTheory,
    name_error_at,
)
from tashkent.experiments.listed import with_columns
from tashkent.experiments.outcomes import read_outcomes
from tashkent.experiments.plan import DRAW, POINT, SUMMARY, SweepDesign, SweepPlan
from tashkent.experiments.scenarios import WHOLE, Scenario, ScenarioCases
from tashkent.model.case import load_case
from tashkent.model.errors import InputError
from tashkent.model.reading import file_text, one_of, toml_table, validated
from tashkent.model.theory import refuse_files

SCHEMA = 1
#: the file in an error where a design is given as a table
FILE = "design"


def read_design(
    given: Path | str | Mapping[str, Any], *, trust: bool = False, case: str | None = None
) -> SweepPlan:
    """A design from a TOML file or a table of the same keys, checked against its case.

    A file of Python that it names as a theory is run with `trust` alone; `case` is taken in place of the one it names.

    Raises
    ------
    InputError
        In one line, if a key is unknown or has no effect, a value is not allowed, or Python is not trusted.

    Examples
    --------
    >>> plan = read_design(
    ...     {
    ...         "method": "grid",
    ...         "runs": 10,
    ...         "outcomes": ["in(UZB, CST, 1999-06)"],
    ...         "factor": [
    ...             {
    ...                 "vary": "parameter",
    ...                 "parameter": "contagion",
    ...                 "range": [0.0, 2.0],
    ...                 "levels": 3,
    ...             }
    ...         ],
    ...     }
    ... )
    >>> plan.points["contagion"].tolist()
    [0.0, 1.0, 2.0]
    """
    file, table = (FILE, dict(given)) if isinstance(given, Mapping) else _from_file(Path(given))
    if case is not None:
        table["case"] = case
    schema = table.pop("schema", SCHEMA)
    if type(schema) is not int or schema != SCHEMA:
        raise InputError(file, "schema", schema, str(SCHEMA))
    rows = table.pop("factor", [])
    if not isinstance(rows, list | tuple):
        raise InputError(file, "factor", rows, "tables, each under [[factor]]")
    listed = table.pop("table", None)
    if listed is not None:
        rows = with_columns(file, listed, rows)
    table["factor"] = tuple(_factor(file, n, row) for n, row in enumerate(rows, start=1))
    design: SweepDesign = validated(SweepDesign, table, file, "design")
    _check_keys(design, file)
    with name_error_at(file, "case"):
        loaded = load_case(design.case)
    asked = [f for f in design.factors if isinstance(f, OfTheory)]
    theories = tuple(dict.fromkeys(asked[0].values)) if asked else (design.theory or WHOLE,)
    if not trust:
        refuse_files(theories, file, "factor (theory).values" if asked else "theory")
    plan = SweepPlan(
        design,
        ScenarioCases(loaded, theories, design.seed),
        read_outcomes(design.outcomes, loaded, file),
        None if isinstance(given, Mapping) else Path(given),
    )
    _check_factors(plan, file)
    _check_outcomes(plan, file)
    return plan


def _from_file(path: Path) -> tuple[str, dict[str, Any]]:
    return path.name, toml_table(file_text(path, "sweep"), path.name)


def _factor(file: str, number: int, row: object) -> Factor:
    key = f"factor {number}"
    if not isinstance(row, Mapping):
        raise InputError(file, key, row, "a table under [[factor]]")
    if "vary" not in row:
        raise InputError(file, f"{key}.vary", "missing", ", ".join(FACTORS))
    vary = one_of(file, f"{key}.vary", row["vary"], FACTORS)
    found: Factor = validated(FACTORS[vary], dict(row), file, f"{key} ({vary})")
    return found


def _key(number: int, factor: Factor) -> str:
    return f"factor {number} ({factor.kind})"


def _check_keys(design: SweepDesign, file: str) -> None:
    """Refuse keys that have no effect together with the others."""
    method, points = design.method, design.points
    if method in COUNTED and points is not None:
        raise InputError(
            file, "points", points, f"none: a {method} has those that its factors make"
        )
    if method not in COUNTED and points is None:
        raise InputError(file, "points", "missing", f"a number of points for {method}")
    if method == "sobol" and points is not None and points & (points - 1):
        raise InputError(file, "points", points, "a power of two for sobol")
    if method != "posterior" and not design.factors:
        raise InputError(file, "factor", "none", "one table at least, each under [[factor]]")
    kinds = [factor.kind for factor in design.factors]
    for kind in ONCE:
        if kinds.count(kind) > 1:
            raise InputError(file, "factor.vary", kind, f"one factor of kind {kind}")
    for kind in ("theory", "start"):
        if kind in kinds and getattr(design, kind) is not None:
            raise InputError(
                file, kind, getattr(design, kind), f"none beside a factor of kind {kind}"
            )
    if method == "table":
        _check_rows(design, file)
    for number, factor in enumerate(design.factors, start=1):
        if method == "table" or not isinstance(factor, NumberFactor):
            continue
        if method in CROSSED and factor.number is None:
            allowed = f"values, or a number of levels, for {method}"
            raise InputError(file, f"{_key(number, factor)}.levels", "missing", allowed)
        if method not in CROSSED and factor.levels is not None:
            allowed = f"none: {method} takes values from the whole range"
            raise InputError(file, f"{_key(number, factor)}.levels", factor.levels, allowed)


def _check_rows(design: SweepDesign, file: str) -> None:
    """Refuse columns of a table that are not as long as the first."""
    rows = design.factors[0].number
    for number, factor in enumerate(design.factors, start=1):
        values = getattr(factor, "values", None)
        if values is None:
            allowed = "values: a table has one of each factor for each point"
            raise InputError(file, f"{_key(number, factor)}.values", "missing", allowed)
        if len(values) != rows:
            allowed = f"{rows} values, as many as the first factor has"
            raise InputError(
                file, f"{_key(number, factor)}.values", f"{len(values)} values", allowed
            )


def _check_factors(plan: SweepPlan, file: str) -> None:
    design, cases = plan.design, plan.cases
    with name_error_at(file, "theory", WHOLE):
        cases.theory(design.theory or WHOLE)
    if design.start is not None:
        plan.case.start_month(design.start, "start", file)
    taken = {POINT, "run", *SUMMARY, *(o.name for o in plan.outcomes)}
    if design.method == "posterior":
        taken |= {DRAW, *plan.case.drawn}
    seen = set()
    for number, factor in enumerate(design.factors, start=1):
        key = _key(number, factor)
        if design.method == "posterior" and not plan.makes_scenario(factor):
            allowed = "a fixed parameter: draws of the posterior give the others"
            raise InputError(file, key, factor.column, allowed)
        if factor.column in taken:
            raise InputError(file, f"{key}.name", factor.column, "a name of its own")
        what = (factor.kind, getattr(factor, "of", ""), getattr(factor, "states", ()))
        if what in seen:
            raise InputError(file, key, factor.column, "what no other factor varies")
        taken.add(factor.column)
        seen.add(what)
        listed = isinstance(factor, ListedFactor | NumberFactor) and factor.values
        if listed and design.method != "table":
            twice = [v for v in listed if listed.count(v) > 1]
            if twice:
                raise InputError(file, f"{key}.values", twice[0], "each value once")
        factor.check(cases, file, key)
        if isinstance(factor, OfCounterfactual):
            _check_held(plan, factor, file)


def _check_held(plan: SweepPlan, factor: OfCounterfactual, file: str) -> None:
    """Refuse a parameter that a counterfactual holds: to vary it would have no effect there."""
    varied = {f.parameter for f in plan.design.factors if isinstance(f, OfParameter)}
    for name in factor.values:
        changed = plan.cases.case_in(Scenario(plan.cases.theories[0], name)).changed
        for parameter, value in changed.held if changed else ():
            if parameter in varied:
                allowed = f"another parameter: {name} holds it at {value:g}"
                raise InputError(file, "factor (parameter).parameter", parameter, allowed)


def _check_outcomes(plan: SweepPlan, file: str) -> None:
    design = plan.design
    starts = next((f.values for f in design.factors if isinstance(f, OfStart)), (design.start,))
    for text in starts:
        start = plan.case.month(text, "start") if text else plan.case.start
        for number, outcome in enumerate(plan.outcomes, start=1):
            outcome.check_start(plan.case, start, file, f"outcome {number}")
    for number, outcome in enumerate(plan.outcomes, start=1):
        odd = any(len(batch) % 2 for batch in design.batches)
        if isinstance(outcome, Brier) and (
            design.runs < 2
            or (odd and (design.random_numbers == "independent" or design.more_runs))
        ):
            allowed = "an outcome of single runs, or an even number of runs"
            raise InputError(file, f"outcome {number}", outcome.name, allowed)
