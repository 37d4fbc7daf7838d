"""The drawn parameters of many runs, by name: one shape from the sampler to the engine."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tashkent.agents.situation import Floats


@dataclass(frozen=True, eq=False)
class ParameterDraws(Mapping[str, Floats]):
    """A value of each drawn parameter for each run, in the parameter's unit; as a mapping, name -> shape (R,)."""

    names: tuple[str, ...]
    #: shape (R, P), one parameter behind the other in memory
    table: Floats

    def __repr__(self) -> str:
        """A line: how many parameters of how many runs."""
        return f"<ParameterDraws: {len(self)} parameters of {self.runs:,} runs>"

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Floats]) -> "ParameterDraws":
        """The same in this shape, from one array of shape (R,) for each name.

        Raises
        ------
        ValueError
            If arrays differ in length, or are not of one axis.
        """
        if isinstance(mapping, ParameterDraws):
            return mapping
        columns = [np.asarray(values, np.float64) for values in mapping.values()]
        if len({column.shape for column in columns}) > 1 or any(c.ndim != 1 for c in columns):
            raise ValueError("parameters have one value for each run, each as many")
        return cls._of_columns(tuple(mapping), columns)

    @classmethod
    def joined(cls, parts: "Sequence[ParameterDraws]") -> "ParameterDraws":
        """The runs of all parts, one part behind the other; all have the names of the first."""
        names = parts[0].names
        return cls._of_columns(names, [np.concatenate([p[name] for p in parts]) for name in names])

    @classmethod
    def _of_columns(cls, names: tuple[str, ...], columns: Sequence[Floats]) -> "ParameterDraws":
        runs = len(columns[0]) if columns else 0
        table = np.empty((runs, len(columns)), order="F")
        for i, column in enumerate(columns):
            table[:, i] = column
        return cls(names, table)

    def __getitem__(self, name: str) -> Floats:
        """The values of one parameter, shape (R,)."""
        try:
            return self.table[:, self.names.index(name)]
        except ValueError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        """The names in their order."""
        return iter(self.names)

    def __len__(self) -> int:
        """The number of parameters."""
        return len(self.names)

    @property
    def runs(self) -> int:
        """The number of runs."""
        return len(self.table)

    def of_names(self, names: Sequence[str]) -> Floats:
        """Some parameters in the order of their names, shape (names, R)."""
        rows = np.array([self[name] for name in names], np.float64)
        return rows.reshape(len(names), self.runs)

    def of_run_axes(self, behind: int) -> dict[str, Floats]:
        """By name, with so many axes of length one behind that of runs: shape (R, 1) for one, (R, 1, 1) for two."""
        shape = (self.runs, *(1,) * behind)
        return {name: np.ascontiguousarray(self[name]).reshape(shape) for name in self.names}

    def of(self, names: Iterable[str]) -> "ParameterDraws":
        """The same with some parameters alone, in the order of their names."""
        kept = tuple(names)
        return self._of_columns(kept, [self[name] for name in kept])

    def of_runs(self, runs: slice) -> "ParameterDraws":
        """The same for some runs."""
        return ParameterDraws(self.names, self.table[runs])

    def repeated(self, times: int) -> "ParameterDraws":
        """Each run so many times in a row."""
        return self._of_columns(self.names, [np.repeat(self[name], times) for name in self.names])

    def tiled(self, times: int) -> "ParameterDraws":
        """All runs so many times, one round behind the other."""
        return self._of_columns(self.names, [np.tile(self[name], times) for name in self.names])

    def with_values(self, values: Mapping[str, Floats | float]) -> "ParameterDraws":
        """The same with other values of some parameters, of shape (R,) or one for all runs; new names go to the end."""
        names = (*self.names, *(name for name in values if name not in self.names))
        columns = [
            np.broadcast_to(np.asarray(values[name] if name in values else self[name]), self.runs)
            for name in names
        ]
        return self._of_columns(names, columns)
