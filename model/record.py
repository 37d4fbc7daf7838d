"""What runs leave behind: status by (run, month, state, club), and the log of acts with their rules."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from tashkent.agents.situation import Bools, Floats
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.errors import InputError
from tashkent.model.parameters import ParameterDraws
from tashkent.model.plain import notebook_html
from tashkent.model.seats import Status8
from tashkent.model.statuses import Act, Status, is_in, takes_part
from tashkent.model.world import Logged


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Runs of a case from one start, with the same seed and one set of parameters each.

    `status` is what each seat is in each run and month, shape (R, T, S, C), `seats` who is in, `p_in` and `p_part` the
    shares of runs in which a state is in and takes part, shape (T, S, C). `at` and `index` say where a month, and a
    state and a club, stand on these axes.

    Examples
    --------
    >>> import tashkent as tk
    >>> ensemble = tk.simulate(runs=20, start="2010-12")
    >>> share = ensemble.p_in[ensemble.at("2012-12"), *ensemble.index("Uzbekistan", "CST")]
    >>> 0 <= share <= 1
    np.True_
    """

    case: Case
    seed: int
    first_run: int
    #: the month of the initial condition; `status` begins with it
    start: int
    #: shape (R, T, S, C), values of `model.statuses.Status`
    status: Status8
    log: tuple[Logged, ...]
    parameters: ParameterDraws

    def __repr__(self) -> str:
        """A line: what was run."""
        first, last = month_label(self.start), month_label(self.months[-1])
        runs = f"{self.runs:,} runs" + (f" from {self.first_run}" if self.first_run else "")
        return f"<Ensemble {self.case.id}: {runs}, {first} to {last}, seed {self.seed}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: P(in) of the focal club by state, at the months at which the case tables results."""
        case = self.case
        c = tuple(case.clubs).index(case.focus)
        months = [m for m in case.shown if m in self.months] or [self.months[-1]]
        shares = {month_label(m): self.p_in[self.at(m), :, c] for m in months}
        names = {f"P(in) of {case.focus}": [state.name for state in case.states]}
        return notebook_html(self, pd.DataFrame({**names, **shares}))

    @property
    def runs(self) -> int:
        """Number of runs."""
        return len(self.status)

    @property
    def months(self) -> range:
        """The months of the second axis."""
        return range(self.start, self.start + self.status.shape[1])

    @cached_property
    def seats(self) -> Bools:
        """Who is in, shape (R, T, S, C)."""
        return is_in(self.status)

    @cached_property
    def p_in(self) -> Floats:
        """Share of runs in which a state is in a club, shape (T, S, C)."""
        return np.asarray(self.seats.mean(axis=0))

    @cached_property
    def p_part(self) -> Floats:
        """Share of runs in which a state takes part in a club in law (`model.statuses.TAKES_PART`), shape (T, S, C)."""
        return np.asarray(takes_part(self.status).mean(axis=0))

    def index(self, state: str, club: str) -> tuple[int, int]:
        """Where a state and a club, by code or name, stand on the last two axes.

        Raises
        ------
        InputError
            If the case has no such state or club.
        """
        case = self.case
        found = case.state(state, "state"), case.club(club, "club")
        return case.state_ids.index(found[0]), tuple(case.clubs).index(found[1])

    def at(self, month: str | int) -> int:
        """Where a month, ``YYYY-MM`` or a number of `months`, stands on the second axis.

        Raises
        ------
        InputError
            If it is no month, or the runs do not reach it.
        """
        number = self.case.month_number(month)
        if number not in self.months:
            first, last = month_label(self.start), month_label(self.months[-1])
            allowed = f"a month of the runs, from {first} to {last}, as YYYY-MM"
            raise InputError(self.case.id, "month", month, allowed)
        return self.months.index(number)

    def acts(self) -> pd.DataFrame:
        """Every act of every run: run, month, state, club, act, rule; in order of run and month."""
        entries = self.log
        table = pd.DataFrame(
            {
                "run": np.concatenate([[], *(self.first_run + e.run for e in entries)]).astype(int),
                "month": np.repeat([e.t for e in entries], [len(e.run) for e in entries]).astype(
                    int
                ),
                "state": np.concatenate([[], *(e.state for e in entries)]).astype(int),
                "club": np.repeat([e.club for e in entries], [len(e.run) for e in entries]).astype(
                    int
                ),
                "act": np.repeat([e.act for e in entries], [len(e.run) for e in entries]).astype(
                    int
                ),
                "rule": np.repeat([e.rule for e in entries], [len(e.run) for e in entries]),
            }
        )
        by = ["run", "month", "state", "club", "act"]
        table = table.sort_values(by, kind="stable", ignore_index=True)
        table["month"] = np.array([month_label(m) for m in self.case.months])[table["month"]]
        table["state"] = np.array(self.case.state_ids)[table["state"]]
        table["club"] = np.array(tuple(self.case.clubs))[table["club"]]
        table["act"] = np.array([act.name.lower() for act in Act])[table["act"]]
        return table

    def seat_table(self) -> pd.DataFrame:
        """P(in) and P(takes part) beside the record, by club, state and month, with the error of P(in) over runs."""
        from tashkent.model.compilation import compile_case

        inputs = compile_case(self.case)
        offset = self.start - self.case.start
        record = inputs.record.status[offset : offset + len(self.months)]
        rows = []
        for c, club in enumerate(self.case.clubs):
            for s, state in enumerate(self.case.state_ids):
                p = self.p_in[:, s, c]
                rows.append(
                    pd.DataFrame(
                        {
                            "club": club,
                            "state": state,
                            "month": [month_label(m) for m in self.months],
                            "p_in": p,
                            "p_in_se": np.sqrt(p * (1 - p) / self.runs),
                            "p_part": self.p_part[:, s, c],
                            "record_in": is_in(record[:, s, c]).astype(int),
                            "record_status": [Status(v).name.lower() for v in record[:, s, c]],
                        }
                    )
                )
        return pd.concat(rows, ignore_index=True)
