"""A new case from the skeleton: an invented case, small and complete, with other states in it."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tashkent.model.case import Case, load_case
from tashkent.model.case.tables import RECIPE
from tashkent.model.errors import InputError
from tashkent.model.evidence.world import POLES, known_states
from tashkent.model.storage import is_free, new_folder

#: the skeleton; the tests use it as the smallest case
SKELETON = Path(__file__).parent / "skeleton"
PATRON, STATES = "COR", ("ARV", "BOR")

Row = list[str]


def new_case(folder: Path, patron: str = PATRON, states: Sequence[str] = STATES) -> Case:
    """Write a case that loads and runs into a new or empty folder, and load it.

    The first two states take the place of the skeleton's two. Any further one is open to the same clubs, has no
    ties, bonds, threats or events that set it apart, and no place in the record.

    Raises
    ------
    InputError
        If the folder is neither new nor empty, or a code of a state cannot be used.
    """
    if not folder.is_dir() and not is_free(folder):
        raise InputError("case new", "folder", str(folder), "a new or empty folder")
    if folder.exists() and folder.samefile(Path.cwd()):
        raise InputError("case new", "folder", str(folder), "a folder other than the current one")
    _check_names(patron, states)
    names = dict(zip((*STATES, PATRON), (*states[: len(STATES)], patron), strict=True))
    with new_folder(folder, "case new") as made:
        for path in sorted(SKELETON.rglob("*.*")):
            if path.suffix in (".toml", ".csv"):
                file = path.relative_to(SKELETON)
                text = path.read_text(encoding="utf-8")
                if path.suffix == ".csv":
                    text = _csv(text, names, _FURTHER.get(file.as_posix()), states[len(STATES) :])
                else:
                    text = _toml(text, names)
                if file.name == RECIPE and patron == POLES[0]:
                    text = text.replace(
                        f'[sponsors.rim]\nstates = ["{POLES[0]}"]',
                        f'[sponsors.rim]\nstates = ["{POLES[1]}"]',
                    )
                if file.name == "case.toml":
                    text = text.replace('id = "minimal"', f'id = "{_id(folder)}"')
                (made / file).parent.mkdir(exist_ok=True)
                (made / file).write_text(text, encoding="utf-8", newline="\n")
        load_case(made)
    return load_case(folder)


def _check_names(patron: str, states: Sequence[str]) -> None:
    for key, name in (("--patron", patron), *(("--states", state) for state in states)):
        if not re.fullmatch(r"[A-Z]{3}", name):
            raise InputError("case new", key, name, "codes of three capital letters")
    if len(states) < len(STATES):
        raise InputError("case new", "--states", ",".join(states), "at least two, with commas")
    twice = next((state for state in states if (patron, *states).count(state) > 1), None)
    if twice is not None:
        raise InputError(
            "case new", "--states", twice, "each state once, the patron not among them"
        )


def _id(folder: Path) -> str:
    """The name of a folder as the id of a case.

    Examples
    --------
    >>> [_id(Path(name)) for name in ("warsaw", "Rio Pact", "1949")]
    ['warsaw', 'rio_pact', 'case_1949']
    """
    name = re.sub(r"[^a-z0-9]+", "_", folder.absolute().name.lower()).strip("_")
    return name if re.match("[a-z]", name) else f"case_{name}".rstrip("_")


def _toml(text: str, names: Mapping[str, str]) -> str:
    """Every string that is the code of a state, replaced."""
    return re.sub(r'"([A-Z]{3})"', lambda m: f'"{names.get(m[1], m[1])}"', text)


def _csv(
    text: str, names: Mapping[str, str], further: Callable[[Row], Row] | None, states: Sequence[str]
) -> str:
    """Every cell that is the code of a state, replaced; at the end the rows of further states."""
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    found = [[names.get(cell, cell) for cell in row] for row in rows]
    if further is not None:
        models = [further(row) for row in rows if STATES[-1] in row]
        found += [[s if cell == STATES[-1] else cell for cell in r] for s in states for r in models]
    if header[:2] == [
        "state",
        "name",
    ]:  # the name in the world's tables, or the code if they have none
        known, invented = known_states(), {*STATES, PATRON}
        found = [
            row if row[0] in invented else [row[0], known.get(row[0], row[0]), *row[2:]]
            for row in found
        ]
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows([header, *found])
    return stream.getvalue()


def _same(row: Row) -> Row:
    return list(row)


def _average(row: Row) -> Row:
    """A measurement at the average, known exactly."""
    return [*row[:-2], "0.0", "0.0"]


#: what a further state gets, made from the rows of the last state of the skeleton
_FURTHER: dict[str, Callable[[Row], Row]] = {
    "states.csv": _same,
    "openness.csv": _same,
    "evidence/composites.csv": _average,
}
