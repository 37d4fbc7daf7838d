"""What states decide on their own seats in a month: all acts that the law lets them choose, drawn for at once."""

from collections.abc import Mapping

import numpy as np

from tashkent.agents import acts
from tashkent.agents.situation import Bools, Floats
from tashkent.model.ends import alive
from tashkent.model.inputs import OF_MEMBERS, CaseInputs
from tashkent.model.noise import Noise
from tashkent.model.seats import Seats, Status8
from tashkent.model.statuses import Act, Status, among, is_in
from tashkent.model.streams import STREAMS

_OBSERVER = int(Status.OBSERVER)
#: what was decided, by act and club: masks of runs and states, shape (R, S); nothing where nobody does it
Decided = Mapping[tuple[str, int], Bools]


class Decisions:
    """How a block of runs decides: the frictions of all acts, as they stand."""

    def __init__(
        self,
        inputs: CaseInputs,
        of_all_clubs: Mapping[str, Floats],
        of_one_club: Mapping[str, Floats],
        runs: int,
    ) -> None:
        self._inputs = inputs
        #: parameters by name, in the shapes (R, 1, 1) and (R, 1)
        self._of_all_clubs, self._of_one_club = of_all_clubs, of_one_club
        self._runs = runs
        self._streams = tuple((STREAMS[Act[act.upper()]][0], c) for act, c in inputs.choices)
        self._clubs = np.array([c for _, c in inputs.choices], np.intp)
        self._sign = np.array([acts.ACTS[act].sign for act, _ in inputs.choices])
        #: the rows of those who accede, and their clubs
        self._entering = [(i, c) for i, (act, c) in enumerate(inputs.choices) if act == "accede"]
        #: what frictions of clubs add up to, those of seats by club, and all of them
        self._of_clubs: Floats | None = None
        self._of_seats: dict[int, acts.OfSeats] = {}
        self._frictions: acts.Frictions | None = None
        #: the month in which they were added up last
        self._added_up = 0

    def __repr__(self) -> str:
        """A line: how many acts there are to choose from."""
        return f"<Decisions: {len(self._clubs)} acts in clubs>"

    def of_month(
        self, t: int, value: Floats, seats: Seats, before: Status8, noise: Noise
    ) -> Decided:
        """Where states choose an act that the law of the month lets them choose, by their statuses `before`.

        `value` and `before` have shape (R, S, C), runs side by side in memory. Whoever has been moved since may have
        lost the choice, which is for the phase to see that asks.
        """
        rows = self._inputs.chosen_in[t]
        if not rows:
            return {}
        may = self._may(t, seats, before, rows)
        happens = noise.exceeded(self._streams, t, self._log_odds(t, value, seats, rows), may)
        some = happens.any(axis=(1, 2)).nonzero()[0].tolist()
        return {self._inputs.choices[i]: happens[i].T for i in some}

    def log_odds(self, act: str, t: int, c: int, value: Floats, seats: Seats) -> Floats:
        """Log-odds of an act in a club, shape (R, S); `value` has shape (R, S, C)."""
        i = self._inputs.choices.index((act, c))
        size = self._runs * value.shape[1]
        places = np.arange(i * size, (i + 1) * size)
        return self._log_odds(t, value, seats, (i,)).at(places).reshape(-1, self._runs).T

    def _log_odds(self, t: int, value: Floats, seats: Seats, rows: tuple[int, ...]) -> acts.LogOdds:
        former = seats.former.T if seats.former.any() else None
        return acts.LogOdds(value.T, self._clubs, self._frictions_of(t), rows, former)

    def _frictions_of(self, t: int) -> acts.Frictions:
        """The frictions of all acts in month `t`, added up where what they are multiplied by has changed."""
        clubs, seats = self._inputs.club_features_changed, self._inputs.seat_features_changed
        last, self._added_up = self._added_up, t
        if self._of_clubs is None or (clubs[t] != clubs[last]).any():
            self._of_clubs, self._frictions = self._clubs_in(t), None
        stale = seats[t] != seats[last]
        for _, c in self._entering:
            if stale[c] or c not in self._of_seats:
                self._of_seats[c], self._frictions = self._seats_in(t, c), None
        if self._frictions is None:
            first = self._entering[0][0] if self._entering else 0
            of_seats = tuple(self._of_seats[c] for _, c in self._entering)
            self._frictions = acts.Frictions(self._sign, self._of_clubs, first, of_seats)
        return self._frictions

    def _clubs_in(self, t: int) -> Floats:
        """What frictions of clubs add up to, shape (rows, R)."""
        inputs, features = self._inputs, self._inputs.club_features(t)
        shape = (self._runs, 1, len(inputs.stake))
        by_act = {
            act: np.broadcast_to(acts.club_frictions(act, self._of_all_clubs, features), shape)
            for act in dict.fromkeys(act for act, _ in inputs.choices)
        }
        found = np.array([by_act[act][:, 0, c] for act, c in inputs.choices])
        return found.reshape(len(inputs.choices), self._runs)

    def _seats_in(self, t: int, c: int) -> acts.OfSeats:
        """What frictions of seats of a club add to the log-odds of acceding."""
        outside, back = (
            acts.seat_frictions("accede", self._of_one_club, self._inputs.seat_features(t, c, was))
            for was in (np.False_, np.True_)
        )
        shape = (self._runs, max(of.shape[-1] if of.ndim else 1 for of in (outside, back)))
        return acts.OfSeats(
            *(np.ascontiguousarray(np.broadcast_to(of, shape).T) for of in (outside, back))
        )

    def _may(self, t: int, seats: Seats, before: Status8, rows: tuple[int, ...]) -> Bools:
        """Who may choose what, shape (rows, S, R)."""
        runs, states, _ = before.shape
        may = np.zeros((len(self._clubs), states, runs), bool)
        unmoved = (seats.status == before) & self._inputs.decides[:, None]
        allowed: dict[str, Bools] = {}
        for i in rows:
            act, c = self._inputs.choices[i]
            if act not in allowed:
                allowed[act] = self._allowed(act, t, seats, before, unmoved)
            may[i] = allowed[act][:, :, c].T
        return may

    def _allowed(self, act: str, t: int, seats: Seats, before: Status8, unmoved: Bools) -> Bools:
        """Whose status lets it choose an act, shape (R, S, C)."""
        inputs = self._inputs
        if act in OF_MEMBERS:
            found = among(before, *OF_MEMBERS[act][1]) & unmoved
            return found & ~seats.sanctioned if act == "resume" else found
        seated = is_in(before)
        found = ~seated
        found &= alive(inputs, t, before, seats.former)
        if act == "observe":
            found &= inputs.may_ask_to_observe[t]
            found &= before != _OBSERVER
            return found
        found &= unmoved
        found &= inputs.may_petition[t]
        for c, rules in enumerate(inputs.rules[t]):
            if rules.accession is not None and rules.accession.observers_only:
                found[:, :, c] &= before[:, :, c] == _OBSERVER
        for c, other in inputs.barred[t]:
            found[:, :, c] &= ~seated[:, :, other]
        return found
