"""The hash of a case: equal content gives equal hashes by whatever route, and whatever a case says counts."""

import pickle
import random
import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tashkent.calibration import stages
from tashkent.calibration.patterns import load_patterns
from tashkent.calibration.posterior import posterior, posterior_hash
from tashkent.calibration.variants import variant
from tashkent.cli.new_case import SKELETON
from tashkent.experiments.spaces import with_fixed
from tashkent.model.case import Case, load_case
from tashkent.model.case.case import ORDERED, UNSAID
from tashkent.model.case.tables import TABLES
from tashkent.model.counterfactual import Counterfactual, shipped_counterfactuals
from tashkent.model.patches.events import FlipEvent, RemoveEvent, RescaleEvent
from tashkent.model.patches.inputs import ChangeParameter
from tashkent.model.patches.law import ReadOtherwise, RemoveStatute
from tashkent.model.patches.patch import Patch
from tashkent.model.reading import asides

CASE = load_case("cst")
MINIMAL = load_case(SKELETON)
EVENTS = sorted({row.event for row in CASE.events})
STATUTES = [statute.id for statute in CASE.statutes]
AMBIGUOUS = [statute.id for statute in CASE.statutes if statute.other_reading]


def applied(*patches: Patch) -> Case:
    return Counterfactual(id="q", patches=patches).apply(CASE)


# by whatever route ---------------------------------------------------------------------------------


@pytest.mark.slow
@given(st.sampled_from(EVENTS))
def test_an_event_less_is_one_case_by_two_routes(event: str) -> None:
    assert variant(CASE, f"without {event}", 0).hash == applied(RemoveEvent(event=event)).hash


@pytest.mark.slow
def test_a_statute_less_is_one_case_by_two_routes() -> None:
    removable = [name for name in STATUTES if not name.endswith(("accession", "session"))]
    tried = 0
    for name in removable:
        try:
            patched = applied(RemoveStatute(statute=name))
        except ValueError:
            continue  # the law does not hold together without it, which a patch checks
        assert CASE.without(name).hash == patched.hash != CASE.hash
        tried += 1
    assert tried > 20


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_a_statute_read_otherwise_is_one_case_by_two_routes(name: str) -> None:
    assert CASE.read_otherwise(name).hash == applied(ReadOtherwise(statute=name)).hash != CASE.hash


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_fixed_number_is_one_case_by_three_routes(factor: float) -> None:
    value = CASE.fixed("event_step") * factor
    routes = (
        variant(CASE, f"event_step x {factor:g}", 0),
        with_fixed(CASE, (("event_step", value),)),
        applied(ChangeParameter(parameter="event_step", value=value)),
    )
    assert len({case.hash for case in routes}) == 1
    assert routes[0].hash != CASE.hash


@pytest.mark.slow
@given(st.sampled_from(EVENTS))
def test_an_event_turned_round_is_one_case_by_two_routes(event: str) -> None:
    flipped = applied(FlipEvent(event=event))
    assert flipped.hash == applied(RescaleEvent(event=event, factor=-1.0)).hash != CASE.hash
    back = Counterfactual(id="q", patches=(FlipEvent(event=event),)).apply(flipped)
    assert back.hash == CASE.hash


@pytest.mark.slow
@given(st.data())
def test_order_of_changes_does_not_matter(data: st.DataObject) -> None:
    one, other = data.draw(st.lists(st.sampled_from(EVENTS), min_size=2, max_size=2, unique=True))
    a, b = RemoveEvent(event=one), RemoveEvent(event=other)
    ways = (applied(a, b), applied(b, a), Counterfactual(id="q", patches=(b,)).apply(applied(a)))
    assert len({case.hash for case in ways}) == 1


def test_a_case_sent_to_another_process_keeps_its_hash() -> None:
    quiet = CASE.varied(events=CASE.events[1:])
    assert pickle.loads(pickle.dumps(quiet)).hash == quiet.hash


# what does not count -------------------------------------------------------------------------------


def test_words_that_inform_nothing_do_not_count_and_others_do() -> None:
    name, theory = next(iter(CASE.theories.items()))
    assert theory.measured

    def other(**words: str) -> Case:
        return CASE.varied(theories={**CASE.theories, name: theory.model_copy(update=words)})

    assert other(measured="Something else.").hash == CASE.hash
    assert other(says="Something else.").hash != CASE.hash


@pytest.mark.slow
@settings(max_examples=25)
@given(st.integers(min_value=0))
def test_the_order_of_keys_and_rows_does_not_count(seed: int) -> None:
    changes, deal = {}, random.Random(seed)
    for field in fields(CASE):
        held = getattr(CASE, field.name)
        if isinstance(held, tuple) and field.name not in ORDERED:
            changes[field.name] = tuple(deal.sample(held, len(held)))
        elif hasattr(held, "items"):
            changes[field.name] = dict(deal.sample(list(held.items()), len(held)))
    assert len(changes) > 10
    assert CASE.varied(**changes).hash == CASE.hash


def csv_turned(text: str) -> str:
    """Columns from last to first; no cell of the skeleton is quoted but the last."""
    lines = [line.split(",") for line in text.splitlines() if '"' not in line]
    assert len(lines) == len(text.splitlines())
    return "".join(",".join(reversed(cells)) + "\n" for cells in lines)


@pytest.mark.parametrize("file", TABLES)
def test_line_endings_and_comments_do_not_count(folder: Path, file: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    if file.endswith(".toml"):
        text = f"# A remark.\n{text}\n\n"
    (folder / file).write_bytes(text.replace("\n", "\r\n").encode())
    assert load_case(folder).hash == MINIMAL.hash


@pytest.mark.parametrize("file", TABLES)
def test_a_byte_order_mark_does_not_count(folder: Path, file: str) -> None:
    (folder / file).write_bytes(b"\xef\xbb\xbf" + (folder / file).read_bytes())
    assert load_case(folder).hash == MINIMAL.hash


@pytest.mark.slow
def test_a_checkout_of_windows_has_the_hash_and_the_posterior_that_are_shipped(
    tmp_path: Path,
) -> None:
    folder = Path(shutil.copytree(CASE.path, tmp_path / "cst"))
    for path in (path for path in folder.rglob("*") if path.suffix in (".toml", ".csv", ".json")):
        lines = path.read_bytes().splitlines()
        path.write_bytes(b"\xef\xbb\xbf" + b"".join(line + b"\r\n" for line in lines))
    head = folder / "case.toml"
    text = head.read_text(encoding="utf-8-sig")
    keys, sources = text.split("[sources]")
    assert 'id = "cst"' in keys
    head.write_text(f"{_id_last(keys)}\n[sources]{sources}", encoding="utf-8-sig", newline="\r\n")
    made = load_case(folder)
    assert made.hash == CASE.hash
    shipped = posterior(CASE)
    assert shipped.origin.startswith("sample of")
    assert (posterior(made).origin, posterior_hash(posterior(made))) == (
        shipped.origin,
        posterior_hash(shipped),
    )
    assert load_patterns(made) == load_patterns(CASE)
    assert stages.key_of(made, stages.QUICK) == stages.key_of(CASE, stages.QUICK)
    assert shipped_counterfactuals(made) == shipped_counterfactuals(CASE)


def _id_last(keys: str) -> str:
    """The head of a case with its id moved to the end."""
    lines = keys.splitlines()
    line = next(line for line in lines if line.startswith("id = "))
    return "\n".join([*(other for other in lines if other != line), line])


def test_what_is_checked_out_has_the_same_bytes_everywhere() -> None:
    told = (Path(__file__).parent.parent / ".gitattributes").read_text(encoding="utf-8")
    assert "* text=auto eol=lf" in told.splitlines()
    assert {f"{suffix} binary" for suffix in ("*.nc", "*.parquet", "*.png")} <= set(
        told.splitlines()
    )


@pytest.mark.parametrize("file", ["states.csv", "evidence/bonds.csv", "evidence/composites.csv"])
def test_the_order_of_columns_does_not_count(folder: Path, file: str) -> None:
    path = folder / file
    path.write_text(csv_turned(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert load_case(folder).hash == MINIMAL.hash


@pytest.mark.parametrize("file", ["openness.csv", "events.csv", "evidence/bonds.csv"])
def test_the_order_of_lines_does_not_count(folder: Path, file: str) -> None:
    head, *rows = (folder / file).read_text(encoding="utf-8").splitlines()
    (folder / file).write_text("\n".join([head, *reversed(rows)]) + "\n", encoding="utf-8")
    assert load_case(folder).hash == MINIMAL.hash


def test_what_informs_no_run_does_not_count(folder: Path) -> None:
    (folder / "README.md").write_text("About this case.")
    (folder / "evidence" / "build.py").write_text("pass")
    (folder / "patterns.toml").write_text("")
    (folder / "counterfactuals").mkdir()
    assert load_case(folder).hash == MINIMAL.hash


# what counts ---------------------------------------------------------------------------------------


def other(held: object) -> object:
    """Something else of the same kind, for a field or a cell."""
    if isinstance(held, bool):
        return not held
    if isinstance(held, int | float):
        return held + 1
    if isinstance(held, str):
        return held + "x"
    if isinstance(held, tuple):
        return () if held else (("x", "y"),)
    return None if held is not None else "x"


def test_every_field_counts() -> None:
    for field in fields(MINIMAL):
        held = getattr(MINIMAL, field.name)
        if field.name in UNSAID:
            continue
        changed = held
        if isinstance(held, tuple):
            changed = held[1:]
        elif hasattr(held, "items"):
            changed = dict(list(held.items())[1:])
        else:
            changed = other(held)
        assert MINIMAL.varied(**{field.name: changed}).hash != MINIMAL.hash, field.name


def test_every_cell_counts() -> None:
    seen = {MINIMAL.hash}
    number = 0
    for field in fields(MINIMAL):
        held = getattr(MINIMAL, field.name)
        if isinstance(held, str | int) or field.name in (*UNSAID, "shown", "sources"):
            continue
        rows = list(held.items()) if hasattr(held, "items") else list(enumerate(held))
        name, row = rows[0]
        for column, cell in dict(row).items():
            if column in asides(type(row)):
                continue
            new = row.model_copy(update={column: other(cell)})
            table = {name: new, **dict(rows[1:])}
            changed = table if hasattr(held, "items") else tuple(table.values())
            seen.add(MINIMAL.varied(**{field.name: changed}).hash)
            number += 1
    assert number > 80
    assert len(seen) == number + 1


@pytest.mark.parametrize(
    "change",
    [
        lambda case: case.varied(states=tuple(reversed(case.states))),
        lambda case: case.varied(events=(*case.events, case.events[0])),
        lambda case: case.varied(start=case.start - 1),
    ],
    ids=["order of states", "a row twice", "another start"],
)
def test_these_count(change: Callable[[Case], Case]) -> None:
    assert change(CASE).hash != CASE.hash


def test_what_a_counterfactual_holds_counts() -> None:
    name = next(iter(CASE.fitted))
    held = [applied(ChangeParameter(parameter=name, value=v)).hash for v in (0.0, 1.0)]
    mean = CASE.parameters[name].mean
    as_if = applied(ChangeParameter(parameter=name, value=mean + 1.0))
    assert len({*held, as_if.hash, CASE.varied(parameters=as_if.parameters).hash, CASE.hash}) == 5
