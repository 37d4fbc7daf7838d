"""Files that a user may write, changed at random: refused in a line, or sound; `make fuzz` tries many more."""

from pathlib import Path

import pytest

from tests.fuzzer import attempt, fuzz, kinds

#: mutants of each test run, and the seed that keeps them the same
MUTANTS, SEED = 300, 14
#: read here; a theory is a program, and what its author gets wrong is looked for in `make fuzz`
READ = [name for name in kinds() if name != "theory"]


@pytest.mark.slow
def test_mutants_are_refused_in_a_line_or_sound() -> None:
    found = fuzz(MUTANTS, SEED, READ)
    assert found.ran.total() == MUTANTS
    assert not found.faults, "\n".join(found.lines())


@pytest.mark.slow
@pytest.mark.parametrize("name", list(kinds()))
def test_what_is_mutated_is_right_before(name: str, tmp_path: Path) -> None:
    kind = kinds()[name]
    for file in list(kind.seeds)[:3]:
        assert attempt(kind, file, kind.seeds[file].encode(), tmp_path) == "" or name == "manifest"
