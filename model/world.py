"""What changes run by run: a block of runs in one month, and the log of what was done in it.

Axes are always in the order run, state, club.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tashkent.agents.situation import Bools, Floats
from tashkent.agents.terms import staked
from tashkent.model.decisions import Decisions
from tashkent.model.inputs import CaseInputs
from tashkent.model.noise import Noise
from tashkent.model.parameters import ParameterDraws
from tashkent.model.seats import NEVER, Seats, Status8
from tashkent.model.statuses import FORMER, Act, Status

Ints = NDArray[np.intp]


class Logged(NamedTuple):
    """One act in one club and month: the runs and states that did it, and the rule it rests on."""

    t: int
    run: NDArray[np.intp]
    state: NDArray[np.intp]
    club: int
    act: Act
    #: the statute by its id
    rule: str


@dataclass
class World:
    """A block of runs in one month. Only `model.step` changes it."""

    inputs: CaseInputs
    #: weights, frictions and council parameters of each run
    parameters: ParameterDraws
    noise: Noise
    #: of shape (R, S, C)
    seats: Seats
    #: what requests for help have taught, and what those of this month teach, shape (R, beliefs)
    belief_updates: Floats
    new_belief_updates: Floats
    #: how far members take part, NaN where that is not asked or not yet known, shape (R, S, C)
    participation: Floats
    log: list[Logged] = field(default_factory=list)

    def __repr__(self) -> str:
        """A line: whose world it is, and how many runs stand side by side."""
        return f"<World {self.inputs.case.id}: {self.parameters.runs:,} runs side by side>"

    @cached_property
    def decisions(self) -> Decisions:
        """How states decide."""
        return Decisions(self.inputs, self.of_all_clubs, self.of_one_club, self.parameters.runs)

    @cached_property
    def weights_at_rest(self) -> Floats:
        """The weights of what no run changes, shape (terms, R)."""
        return self.parameters.of_names(self.inputs.at_rest[0])

    @cached_property
    def weights(self) -> dict[str, Floats]:
        """The weights of terms that runs change, times what is at stake where they are asked for in all runs.

        By name, shape (R, 1, clubs) or (R, 1, 1).
        """
        found = {}
        for reader in self.inputs.readers:
            weight = self.of_all_clubs[reader.name]
            if reader.clubs is not None:
                stake = self.inputs.stake[reader.span]
                weight = np.array(
                    staked(self.inputs.case.terms[reader.name], weight, stake), order="F"
                )
            found[reader.name] = weight
        return found

    @cached_property
    def of_all_clubs(self) -> dict[str, Floats]:
        """The parameters in the shape (R, 1, 1) of all seats."""
        return self.parameters.of_run_axes(2)

    @cached_property
    def of_one_club(self) -> dict[str, Floats]:
        """The parameters in the shape (R, 1) of one club."""
        return self.parameters.of_run_axes(1)

    @property
    def status(self) -> Status8:
        """Status of every seat, shape (R, S, C)."""
        return self.seats.status


def world_from_record(
    inputs: CaseInputs, t: int, parameters: ParameterDraws, noise: Noise
) -> World:
    """A block of runs that stand where the record stood at the end of month `t`, one for each run of the parameters."""
    runs = parameters.runs
    shape = inputs.record.status.shape[1:]
    belief_updates = np.asfortranarray(
        np.repeat(inputs.recorded_belief_updates[t + 1 : t + 2], runs, axis=0)
    )
    return World(
        inputs=inputs,
        parameters=parameters,
        noise=noise,
        seats=inputs.record.of_month(t, runs),
        belief_updates=belief_updates,
        new_belief_updates=np.zeros_like(belief_updates),
        participation=np.full((runs, *shape), np.nan, order="F"),
    )


def entries_of(mask: Bools) -> tuple[Ints, Ints]:
    """The runs and states of a mask (R, S) of one club, state by state."""
    states = mask.T  # runs lie side by side in memory
    state, run = np.divmod(states.ravel().nonzero()[0], states.shape[1])
    return run, state


def enact_where(
    world: World,
    t: int,
    c: int,
    mask: Bools,
    act: Act,
    status: Status | None,
    rule: str,
) -> None:
    """Do to the seats of a mask (R, S) what `_log` does to those of a list."""
    enact(world, t, c, *entries_of(mask), act, status, rule)


def enact(
    world: World,
    t: int,
    c: int,
    run: Ints,
    state: Ints,
    act: Act,
    status: Status | None,
    rule: str,
    due: int | Ints = NEVER,
) -> None:
    """The one place where a status changes: log the act with its rule and set the new status, if any.

    `run` and `state` are of shape (n,); `due` is a month or one month each, shape (n,).
    """
    if not len(run):
        return
    world.log.append(Logged(t, run, state, c, act, rule))
    if status is None:
        return
    seats = world.seats
    seats.status[run, state, c] = status
    seats.due[run, state, c] = due
    if status in FORMER:
        seats.former[run, state, c] = True
        seats.gap[run, state, c] = 0
        seats.deprived[run, state, c] = False
        seats.sanctioned[run, state, c] = False
        seats.left_in[run, state, c] = t
