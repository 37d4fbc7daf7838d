"""GlassBox: one run by agents that act one by one, with the arguments and the tables of `CoalitionModel`.

The model itself is `experiments.glass_box`, which is written from docs/odd.md and knows nothing of the engine.
"""

from collections.abc import Mapping
from secrets import randbits

from tashkent.experiments.coalition import (
    MonthlyCollector,
    Named,
    collector_of,
    model_arguments,
)
from tashkent.experiments.glass_box import TERMS, AllianceModel, Participant
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.errors import InputError

#: what is asked, in messages
ASKED = "GlassBox"


def own_terms(case: Case) -> list[str]:
    """The terms of a case that the glass box does not know: those of a theory of one's own."""
    return sorted(set(case.role("weight")) - set(TERMS))


class GlassBox(AllianceModel):
    """Run r with seed s of agents that act one after the other; it is run r of `tashkent.simulate`, act for act.

    Each state and each club is an object that holds its own numbers and decides by plain loops: `states` (a
    `Decider` each, and a `PatronAgent` for the patron) and `organisations` (`ClubAgent`), by code or name. It is slow,
    and is there to be read: its text is `tashkent.experiments.glass_box`. The data collector has the columns of
    `CoalitionModel`, that of agents under `Participant`.

    Parameters
    ----------
    case
        A case, or the name or folder of one; its terms are those of the shipped theories, for one of one's own is a
        function of the engine's arrays.
    run
        Number of the run; with `rng` it fixes every draw.
    parameters
        Weights, frictions and council parameters by name, all of them; by default the draw of the posterior that run
        r has in an ensemble with this seed.
    held
        Some of them by name, held at a value whatever `parameters` says.
    start
        Month ``YYYY-MM`` whose last day in the record is the initial condition; the case's start by default.
    rng
        The seed, a whole number, 0 by default as in `tashkent.simulate`. None lets Mesa choose one.

    Raises
    ------
    InputError
        If an argument cannot be, or the case has a term of one's own.

    Examples
    --------
    >>> box = GlassBox(run=3, start="2025-06", rng=1)
    >>> while box.running:
    ...     box.step()
    >>> box.date, type(box.states["UZB"]).__name__
    ('2025-12', 'Decider')
    """

    def __init__(
        self,
        case: Case | str = "cst",
        *,
        run: int = 0,
        parameters: Mapping[str, float] | None = None,
        held: Mapping[str, float] | None = None,
        start: str | None = None,
        rng: int | None = 0,
    ) -> None:
        seed = randbits(32) if rng is None else rng
        told = model_arguments(ASKED, case, run, parameters, held, start, seed)
        own = own_terms(told.case)
        if own:
            allowed = "terms of the shipped theories: one of your own runs in the engine alone"
            raise InputError(ASKED, "case", own[0], allowed)
        self.run, self.held = told.run, told.held
        super().__init__(told.case, told.parameters, seed=told.seed, run=told.run, start=told.start)
        self.states = Named(told.case.state, "state", self.states.values())
        #: the club agents by code, as `CoalitionModel` calls them; `clubs` are the same
        self.organisations = Named(told.case.club, "club", self.clubs.values())
        self._first = self.t
        self.datacollector = collector_of(told.case, self.held, Participant, _members)
        self.datacollector.begin(self)

    def __repr__(self) -> str:
        """A line: which run it is, and how far."""
        return f"<GlassBox {self.case.id}: run {self.run}, seed {self.draws_seed}, at {self.date}>"

    def step(self) -> None:
        """One month; the run ends with the case.

        Raises
        ------
        InputError
            If the run has ended.
        """
        if self.month >= self.case.end:
            allowed = f"steps up to {month_label(self.case.end)}, the last month of the case"
            raise InputError(ASKED, "step", f"after {self.date}", allowed)
        if self.t == self._first and isinstance(self.datacollector, MonthlyCollector):
            self.datacollector.begin(self)
        super().step()

    @property
    def date(self) -> str:
        """The current month, ``YYYY-MM``."""
        return month_label(self.month)

    def status_name(self, state: str, club: str) -> str:
        """Status of a seat, by codes or names of state and club, as the record writes it.

        Raises
        ------
        InputError
            If the case has no such state or club.
        """
        seats = self.states[self.case.state(state, "state")].seats
        return seats[self.case.club(club, "club")].status.name.lower()

    def acts_now(self) -> list[tuple[str, str, str]]:
        """The acts of this month: (state, club, act)."""
        return [
            (state, club, act.name.lower()) for t, state, club, act, _ in self.log if t == self.t
        ]


def _members(model: GlassBox, club: str) -> str:
    """The codes of a club's members, with spaces."""
    return " ".join(model.clubs[club].in_now)
