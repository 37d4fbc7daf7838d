"""Patches to measured series and to parameters."""

from dataclasses import replace
from statistics import fmean
from typing import Any, Literal

from pydantic import Field, model_validator

from tashkent.model.case import Case
from tashkent.model.case.case import Changed
from tashkent.model.case.tables import LARGEST, Bond, Composite, Parameter, Rivalry
from tashkent.model.patches.patch import Number, Patch, Texts, check_known, refused
from tashkent.model.reading import validated

#: series that are measured between two states
DYADS = ("rivalry", "bond")


class ChangeSeries(Patch):
    """A measured series is higher, lower or another in some states and years: a composite, rivalry or a bond.

    `series` is a variable of ``evidence/composites.csv`` (in standard deviations), or ``rivalry`` or ``bond``, which
    are between `states` and `partners`. Years are years of use, the last included. One of `add`, `scale`, `set`,
    `level` says how; with ``level = true`` each of the states has the mean of theirs in every year.
    """

    do: Literal["change_series"] = "change_series"
    series: str
    states: Texts = Field(min_length=1)
    partners: Texts = ()
    first_year: int
    last_year: int
    add: Number | None = None
    scale: Number | None = None
    set: Number | None = None
    level: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> "ChangeSeries":
        ways = sum(value is not None for value in (self.add, self.scale, self.set)) + self.level
        if ways != 1:
            raise ValueError("one of add, scale, set and level")
        if (self.series in DYADS) != bool(self.partners):
            raise ValueError(f"partners for {' and '.join(DYADS)}, and for nothing else")
        if self.level and (self.series in DYADS or len(self.states) < 2):
            raise ValueError("level for two states or more, and a series that has no partners")
        return self

    def _new(self, value: float, mean: float = 0.0) -> float:
        """Another value; `mean` is that of the states in the year."""
        if self.set is not None:
            return self.set
        if self.level:
            return mean
        return value * self.scale if self.scale is not None else value + (self.add or 0.0)

    def change(self, case: Case) -> dict[str, Any]:
        """With other values in these years.

        Raises
        ------
        InputError
            If the case has no such series, state or year, or a value would be far from any that is measured.
        """
        variables = dict.fromkeys(row.variable for row in case.composites)
        check_known("series", [self.series], (*variables, *DYADS))
        check_known("states", self.states, case.deciders)
        check_known("partners", self.partners, case.deciders)
        first, last = case.start // 12, case.end // 12
        for key in ("first_year", "last_year"):
            if not first <= getattr(self, key) <= last:
                raise refused(key, getattr(self, key), f"a year from {first} to {last}")
        if self.last_year < self.first_year:
            raise refused("last_year", self.last_year, f"not before first_year ({self.first_year})")
        if self.series == "rivalry":
            return {"rivalry": self._dyads(case.rivalry, Rivalry, "rival")}
        if self.series == "bond":
            return {"bonds": self._dyads(case.bonds, Bond, "partner")}
        by_year: dict[int, list[float]] = {}
        for row in case.composites:
            if row.variable == self.series and row.state in self.states:
                by_year.setdefault(row.year, []).append(row.value)
        rows: list[Composite] = []
        for row in case.composites:
            hit = row.variable == self.series and row.state in self.states
            if hit and self.first_year <= row.year <= self.last_year:
                new = self._new(row.value, fmean(by_year[row.year]))
                if abs(new) > LARGEST:
                    at = f"{self.series} of {row.state} in {row.year}"
                    raise refused(at, new, f"a value from {-LARGEST:g} to {LARGEST:g}")
                row = row.model_copy(update={"value": new})
            rows.append(row)
        return {"composites": tuple(rows)}

    def _dyads(
        self, rows: tuple[Any, ...], model: type[Rivalry] | type[Bond], other: str
    ) -> tuple[Any, ...]:
        """Rows of pairs, of which those that are missing stand for 0."""
        table = {(r.state, getattr(r, other), r.year): r for r in rows}
        for state in self.states:
            for partner in self.partners:
                for year in range(self.first_year, self.last_year + 1):
                    key = (state, partner, year)
                    old = table[key].value if key in table else 0.0
                    row = {"state": state, other: partner, "year": year, "value": self._new(old)}
                    if row["value"] != old:
                        table[key] = validated(model, row, "", f"{state} {partner} {year}")
        return tuple(table.values())


class ChangeParameter(Patch):
    """A parameter is another: one `value` in every run, or another prior (`mean`, `sd`) if it is not fitted."""

    do: Literal["change_parameter"] = "change_parameter"
    parameter: str
    value: Number | None = None
    mean: Number | None = None
    sd: Number | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_way(self) -> "ChangeParameter":
        if (self.value is None) == (self.mean is None and self.sd is None):
            raise ValueError("either value, or mean and sd or one of them")
        return self

    def change(self, case: Case) -> dict[str, Any]:
        """With another value or prior. A weight whose term a theory leaves out stays out.

        Raises
        ------
        InputError
            If there is no such parameter, or it has no prior to change.
        """
        name = self.parameter
        if name in case.terms and name not in case.parameters:
            return {}
        check_known("parameter", [name], case.parameters)
        old = case.parameters[name]
        if self.value is None and (old.role == "fixed" or name in case.fitted):
            said = "a fixed parameter" if old.role == "fixed" else "a parameter that is fitted"
            raise refused(name, "mean or sd", f"a value, for {said}")
        mean = self.value if self.value is not None else self.mean
        update: dict[str, Any] = {} if mean is None else {"mean": mean}
        if self.sd is not None:
            update["sd"] = self.sd
        new: Parameter = old.model_copy(update=update)
        changed: dict[str, Any] = {"parameters": {**case.parameters, name: new}}
        if self.value is not None and old.role != "fixed":
            before = case.changed or Changed(case)
            held = {**dict(before.held), name: self.value}
            changed["changed"] = replace(before, held=tuple(sorted(held.items())))
        return changed
