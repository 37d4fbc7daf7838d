"""CoalitionModel: one run of the same step, as a Mesa model."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

import mesa
import numpy as np

from tashkent.agents.organisation import OrganisationAgent
from tashkent.agents.situation import Bools, Floats, Situation, read_only
from tashkent.agents.state import StateAgent
from tashkent.calibration.posterior import run_parameters
from tashkent.model.arguments import held_given, run_of, values_given, whole
from tashkent.model.case import Case, as_case
from tashkent.model.clock import last_day, month_label
from tashkent.model.compilation import compile_case
from tashkent.model.errors import InputError
from tashkent.model.inputs import Standing
from tashkent.model.noise import Noise
from tashkent.model.parameters import ParameterDraws
from tashkent.model.plain import notebook_html
from tashkent.model.statuses import Act, Status, is_in, takes_part
from tashkent.model.statutes import AnyStatute
from tashkent.model.step import advance
from tashkent.model.world import world_from_record

#: what is asked, in messages
ASKED = "CoalitionModel"


class MonthlyCollector(mesa.DataCollector):
    """Mesa's data collector; reporters may be added until the first step, and what they say of the start counts too."""

    def begin(self, model: mesa.Model) -> None:
        """Collect the start with the reporters that there are now, in place of what was collected of it before."""
        self.model_vars: dict[str, list[object]] = {name: [] for name in self.model_reporters}
        for kept in (self._collection_steps, self._agent_records, self._agenttype_records):
            kept.clear()
        # Mesa puts the clock on before it calls the step in which this happens
        now, model.time = model.time, 0.0
        self.collect(model)
        model.time = now

    def collect(self, model: mesa.Model) -> None:
        """Collect the current month.

        Raises
        ------
        InputError
            If a reporter was added after the first step.
        """
        for name in self.model_reporters:
            if name not in self.model_vars:
                raise InputError(ASKED, "model_reporters", name, "added before the first step")
        super().collect(model)


class Named[AgentT](dict[str, AgentT]):
    """Agents by code in their order; `find` gives the code that a name means, or refuses it in one line."""

    def __init__(self, find: Callable[[str, str], str], key: str, agents: Iterable[AgentT]) -> None:
        super().__init__((agent.name, agent) for agent in agents)  # type: ignore[attr-defined]
        self._find, self._key = find, key

    def __missing__(self, name: str) -> AgentT:
        """The agent of which `name` is another name.

        Raises
        ------
        InputError
            If there is none.
        """
        return self[self._find(name, self._key)]


class ModelArguments(NamedTuple):
    """What a model of one run is made from, checked."""

    case: Case
    run: int
    parameters: dict[str, float]
    held: dict[str, float]
    start: int
    seed: int


def model_arguments(
    asked: str,
    case: Case | str,
    run: int,
    parameters: Mapping[str, float] | None,
    held: Mapping[str, float] | None,
    start: str | None,
    seed: int,
) -> ModelArguments:
    """What a model of one run is made from, as its arguments say it; `asked` is the model's name, for messages.

    Raises
    ------
    InputError
        If one of them cannot be.
    """
    seed, run = whole(seed, asked, "rng", 0), run_of(run, asked)
    found = as_case(case)
    if parameters is None:
        drawn = run_parameters(found, runs=1, seed=seed, first_run=run)
        values = {name: float(draw[0]) for name, draw in drawn.items()}
    else:
        values = values_given(found, parameters, asked)
    kept = held_given(found, held, asked)
    month = found.start if start is None else found.month(start, "start")
    return ModelArguments(found, run, {**values, **kept}, kept, month, seed)


class CoalitionModel(mesa.Model):
    """One run of a case. Run r with seed s is run r of `tashkent.simulate` with seed s, act for act.

    The agents are windows on one engine: they hold no numbers, and `step` computes all states together.

    Parameters
    ----------
    case
        A case, or the name or folder of one.
    run
        Number of the run; with `rng` it fixes every draw.
    parameters
        Weights, frictions and council parameters by name, all of them; by default the draw of the posterior that run
        r has in an ensemble with this seed.
    held
        Some of them by name, held at a value whatever `parameters` says. The data collector has a column for each,
        so a batch over ``{"held": [{"patronage": 0.5}, {"patronage": 1.0}]}`` gives a frame to group by.
    start
        Month ``YYYY-MM`` whose last day in the record is the initial condition; the case's start by default.
    rng
        The seed, a whole number, 0 by default as in `tashkent.simulate`. None lets Mesa choose one.

    Examples
    --------
    >>> model = CoalitionModel(run=3, start="1998-12", rng=1)
    >>> while model.running:
    ...     model.step()
    >>> model.date
    '2025-12'
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
        rng = None if rng is None else whole(rng, ASKED, "rng", 0)
        super().__init__(rng=rng)
        told = model_arguments(ASKED, case, run, parameters, held, start, int(self._seed))
        self.run, self.case, self.held = told.run, told.case, told.held
        self.inputs, self.parameters, seed = compile_case(told.case), told.parameters, told.seed
        #: months since the case's start
        self.t = told.start - told.case.start
        self._first = self.t
        noise = Noise(self.case, seed, self.run, 1)
        drawn = ParameterDraws.from_mapping(
            {name: np.array([value]) for name, value in self.parameters.items()}
        )
        self.world = world_from_record(self.inputs, self.t, drawn, noise)
        for index, name in enumerate(self.case.state_ids):
            StateAgent(self, name, index)
        for index, name in enumerate(self.case.clubs):
            OrganisationAgent(self, name, index)
        self.datacollector = collector_of(self.case, self.held, StateAgent, members_of)
        self.datacollector.begin(self)
        self.running = self.month < self.case.end

    def __repr__(self) -> str:
        """A line: which run it is, and how far."""
        which = f"run {self.run}, seed {int(self._seed)}"
        return f"<CoalitionModel {self.case.id}: {which}, at {self.date}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the status of every state in every club now."""
        from pandas import DataFrame

        words = {
            club: [self.status_name(s, club).replace("none", "") for s in self.case.state_ids]
            for club in self.case.clubs
        }
        names = [state.name for state in self.case.states]
        return notebook_html(self, DataFrame({"state": names, **words}))

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
        self.t += 1
        advance(self.world, self.t)
        self.datacollector.collect(self)
        self.running = self.month < self.case.end

    @property
    def month(self) -> int:
        """The current month (`model.clock`)."""
        return self.case.start + self.t

    @property
    def date(self) -> str:
        """The current month, ``YYYY-MM``."""
        return month_label(self.month)

    @property
    def states(self) -> dict[str, StateAgent]:
        """The state agents by code; a name will do to look one up."""
        return Named(self.case.state, "state", self.agents_by_type[StateAgent])

    @property
    def organisations(self) -> dict[str, OrganisationAgent]:
        """The organisation agents by code; a name will do to look one up."""
        return Named(self.case.club, "club", self.agents_by_type[OrganisationAgent])

    @property
    def seats(self) -> Bools:
        """Who is in now, shape (S, C); to be read, as all tables of the model are: `step` alone changes them."""
        return read_only(is_in(self.world.status[0]))

    @property
    def takes_part(self) -> Bools:
        """Who takes part in law now, shape (S, C)."""
        return read_only(takes_part(self.world.status[0]))

    @property
    def participation(self) -> Floats:
        """How far members take part now, from 0 to 1, NaN where that is not asked, shape (S, C)."""
        return read_only(self.world.participation[0])

    @property
    def situation(self) -> Situation:
        """What states are shown this month, with who is in now."""
        return read_only(self.inputs.month(self.t, self.standing))

    @property
    def standing(self) -> Standing:
        """What sets this run apart from others, as it enters the next decisions."""
        world = self.world
        standing = self.inputs.standing(self.t + 1, world.seats, world.status, world.belief_updates)
        return Standing(**{f.name: getattr(standing, f.name)[0] for f in fields(standing)})

    def status_name(self, state: str, club: str) -> str:
        """Status of a seat, by codes or names of state and club, as the record writes it.

        Raises
        ------
        InputError
            If the case has no such state or club.
        """
        s = self.case.state_ids.index(self.case.state(state, "state"))
        c = tuple(self.case.clubs).index(self.case.club(club, "club"))
        return Status(self.world.status[0, s, c]).name.lower()

    def law_now(self) -> dict[str, tuple[AnyStatute, ...]]:
        """The statutes in force at the end of the month, by club."""
        return self.case.law.at(last_day(self.month))

    def acts_now(self) -> list[tuple[str, str, str]]:
        """The acts of this month: (state, club, act)."""
        clubs = tuple(self.case.clubs)
        return [
            (self.case.state_ids[int(state)], clubs[entry.club], Act(entry.act).name.lower())
            for entry in self.world.log
            if entry.t == self.t
            for state in entry.state
        ]


def collector_of(
    case: Case,
    held: Iterable[str],
    kind: type[mesa.Agent],
    members: Callable[..., str],
) -> MonthlyCollector:
    """The collector of a model of one run: its date, what is held, members by club, and of states their clubs.

    Parameters
    ----------
    case
        The case of the model.
    held
        The parameters that are held at a value: a column for each.
    kind
        The class of the model's states, which say their `name` and `clubs`.
    members
        From model and club: the codes of the members, with spaces.
    """
    return MonthlyCollector(
        model_reporters={
            "date": "date",
            **{name: partial(held_value, name=name) for name in held},
            **{club: partial(members, club=club) for club in case.clubs},
        },
        agenttype_reporters={kind: {"state": attrgetter("name"), "clubs": attrgetter("clubs")}},
    )


def held_value(model: Any, name: str) -> float:
    """The value at which a parameter is held, in its unit."""
    return float(model.held[name])


def members_of(model: CoalitionModel, club: str) -> str:
    """The codes of a club's members, with spaces."""
    return " ".join(model.organisations[club].members)
