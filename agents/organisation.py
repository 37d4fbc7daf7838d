"""OrganisationAgent: one club's window on the world: members, petitions, rules in force."""

from typing import Any

import mesa


class OrganisationAgent(mesa.Agent):
    """A club, seen through the columns of the model's arrays."""

    def __init__(self, model: Any, name: str, index: int) -> None:
        super().__init__(model)
        #: the club's code in the case
        self.name = name
        self._index = index

    def __repr__(self) -> str:
        """A line: the club, the month, and who is in."""
        members = ", ".join(self.members) or "nobody"
        return f"<OrganisationAgent {self.name}, {self.model.date}: {members}>"

    @property
    def title(self) -> str:
        """The name that the club bears this month."""
        return str(self.model.case.club_name(self.name, self.model.month))

    @property
    def exists(self) -> bool:
        """Whether the club exists this month."""
        return bool(self.model.inputs.exists[self.model.t, self._index])

    @property
    def members(self) -> tuple[str, ...]:
        """The states that are in."""
        seats = self.model.seats[:, self._index]
        return tuple(
            s for s, seated in zip(self.model.case.state_ids, seats, strict=True) if seated
        )

    @property
    def rules(self) -> tuple[str, ...]:
        """The statutes in force at the end of the month, by id."""
        return tuple(s.id for s in self.model.law_now().get(self.name, ()))

    @property
    def petitions(self) -> tuple[tuple[str, str], ...]:
        """Who petitioned this month, and what followed: (state, act)."""
        answers = ("accede", "refuse_accession", "request_suspension")
        return tuple(
            (s, act)
            for s, club, act in self.model.acts_now()
            if club == self.name and act in answers
        )
