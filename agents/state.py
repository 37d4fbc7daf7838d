"""StateAgent: one state's window on the world; it holds no numbers of its own."""

import math
from typing import Any

import mesa


class StateAgent(mesa.Agent):
    """A state, seen through the rows of the model's arrays.

    Every property reads the model's current month, so an agent is never out of step with the run.
    """

    def __init__(self, model: Any, name: str, index: int) -> None:
        super().__init__(model)
        #: the state's code
        self.name = name
        self._index = index

    def __repr__(self) -> str:
        """A line: the state, the month, and where it is in."""
        return (
            f"<StateAgent {self.name}, {self.model.date}: in {', '.join(self.clubs) or 'no club'}>"
        )

    @property
    def decides(self) -> bool:
        """False for the patron, whose seats follow the record."""
        return bool(self.model.inputs.decides[self._index])

    @property
    def threat(self) -> dict[str, float]:
        """Threat felt, by kind, in [0, 3]."""
        felt = self.model.situation.threat[self._index]
        return {name: float(felt[k]) for k, name in enumerate(self.model.case.threats)}

    def tie_to(self, sponsor: str) -> float:
        """Tie to a sponsor, by its role or, for the patron, by its code or name; in standard deviations.

        Raises
        ------
        InputError
            If no ties to it are measured; the message names those that are.
        """
        case = self.model.case
        role = case.sponsor(sponsor, "sponsor")
        return float(self.model.situation.tie[self._index, case.sponsors.index(role)])

    def status_in(self, club: str) -> str:
        """Status in a club, by its code or one of its names as everywhere, as the record writes it."""
        return str(self.model.status_name(self.name, club))

    def is_in(self, club: str) -> bool:
        """Whether the status counts as in."""
        return bool(self.model.seats[self._index, self._club(club)])

    def takes_part_in(self, club: str) -> bool:
        """Whether the state takes part in law: it is bound, and neither frozen nor sanctioned."""
        return bool(self.model.takes_part[self._index, self._club(club)])

    def participation_in(self, club: str) -> float | None:
        """How far it takes part, from 0 to 1, where a rule of participation is in force; else None."""
        found = float(self.model.participation[self._index, self._club(club)])
        return None if math.isnan(found) else found

    @property
    def clubs(self) -> tuple[str, ...]:
        """The clubs that the state is in."""
        seats = self.model.seats[self._index]
        return tuple(
            club for club, seated in zip(self.model.case.clubs, seats, strict=True) if seated
        )

    def explain(self, club: str) -> dict[str, float]:
        """What each term adds to the value of the seat in a club this month, in log-odds.

        The values add up to the value that the next decision weighs with this month's inputs.
        """
        c = self._club(club)
        found = self.model.inputs.terms(self.model.t, self.model.standing)
        return {
            name: float(self.model.parameters[name] * found[name][self._index, c])
            if name in found
            else 0.0
            for name in self.model.inputs.theory
        }

    def _club(self, club: str) -> int:
        """Where a club stands among those of the case; an unknown one is refused in one line."""
        case = self.model.case
        return tuple(case.clubs).index(case.club(club, "club"))
