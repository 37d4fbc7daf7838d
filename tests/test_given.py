"""Files of one's own are kept with a result as they were, and stand in for those that were changed or are gone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tashkent.calibration import shipped
from tashkent.cli.new_case import new_case
from tashkent.experiments.given import Given, at_hand, check_kept, with_files
from tashkent.model.case import load_case
from tashkent.model.case.tables import TABLES
from tashkent.model.errors import InputError
from tashkent.model.reading import file_text, standing_in

QUESTION = 'id = "{}"\n[[patch]]\ndo = "remove_club"\nclub = "GUAM"\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a question in two places, a theory and predictions."""
    monkeypatch.chdir(tmp_path)
    Path("more").mkdir()
    for path in (Path("q.toml"), Path("more/q.toml")):
        path.write_text(QUESTION.format(path.stem))
    Path("own.py").write_text("# a theory\n")
    Path("class.txt").write_text("state,direction,confidence\n")
    Path("notes.toml").write_text("title = 'of something else'\n")
    return tmp_path


def asked(**more: object) -> dict[str, object]:
    return {"case": "cst", "names": ["CF1"], "theory": [], "prediction": None, **more}


def test_what_is_named_is_kept_and_nothing_else(here: Path) -> None:
    names = ["CF1 + q.toml", "more/q.toml", "gone.toml"]
    found = with_files(
        asked(names=names, theory=["contagion,own.py"], prediction="class.txt", title="notes.toml")
    )
    assert found.kept == {
        "own.py": "inputs/own.py",
        "q.toml": "inputs/q.toml",
        "more/q.toml": "inputs/2/q.toml",
        "class.txt": "inputs/class.txt",
    }
    found.keep(here / "result")
    for name, place in found.kept.items():
        assert (here / "result" / place).read_bytes() == Path(name).read_bytes()


def test_a_design_names_files_within_its_factors(here: Path) -> None:
    factors = [
        {"vary": "counterfactual", "values": ["baseline", "q.toml"]},
        {"vary": "theory", "values": ["whole", "own.py"]},
        {"vary": "parameter", "parameter": "contagion", "values": [0.0, 1.0]},
    ]
    design = {"title": "notes.toml", "case": "cst", "factor": factors}
    found = with_files({"design": design}, Path("class.txt"))
    assert set(found.kept) == {"q.toml", "own.py", "class.txt"}


def test_a_case_of_ones_own_is_kept_as_far_as_it_is_read(here: Path) -> None:
    new_case(here / "pact")
    Path("pact/evidence/raw").mkdir()
    Path("pact/evidence/raw/large.csv").write_text("not read")
    Path("pact/counterfactuals").mkdir()
    Path("pact/counterfactuals/q.toml").write_text(QUESTION.format("q"))
    found = with_files(asked(case="pact"))
    assert found.kept == {"pact": "inputs/pact"}
    names = {path.removeprefix("inputs/pact/") for path in found.files}
    assert names >= {*TABLES, "counterfactuals/q.toml"}
    assert "evidence/raw/large.csv" not in names
    found.keep(here / "result")
    assert load_case(here / "result" / "inputs" / "pact").hash == load_case("pact").hash
    assert with_files(asked()).kept == {}


@pytest.mark.parametrize("name", [".", "../desk", "{}"])
def test_a_case_is_kept_however_it_is_named(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    hash_ = new_case(here / "desk").hash
    monkeypatch.chdir(here / "desk")
    name = name.format(here / "desk")
    assert load_case(name).hash == hash_
    assert with_files(asked(case=name)).kept == {name: "inputs/desk"}


def test_a_digest_is_that_of_every_checkout(here: Path) -> None:
    new_case(here / "pact")
    named = asked(case="pact", names=["q.toml"])
    before = with_files(named).inputs
    for path in (Path("q.toml"), *Path("pact").rglob("*.csv"), *Path("pact").rglob("*.toml")):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert with_files(named).inputs == before
    Path("pact/events.csv").write_bytes(Path("pact/events.csv").read_bytes() + b"\n")
    after = with_files(named).inputs
    assert (after["q.toml"], after["pact"] != before["pact"]) == (before["q.toml"], True)


def test_a_posterior_beside_a_case_goes_along(here: Path) -> None:
    new_case(here / "pact")
    without = with_files(asked(case="pact")).inputs
    (here / "pact" / shipped.FILE).write_bytes(b"\x00\r\n")
    found = with_files(asked(case="pact"))
    assert found.files[f"inputs/pact/{shipped.FILE}"] == b"\x00\r\n"
    assert found.inputs != without


def test_files_are_kept_as_they_were_before_the_work(here: Path) -> None:
    found = with_files(asked(names=["q.toml"]))
    before = Path("q.toml").read_bytes()
    Path("q.toml").write_text("for the next question")
    found.keep(here / "result")
    assert (here / "result" / "inputs" / "q.toml").read_bytes() == before


# read again ----------------------------------------------------------------------------------------


def kept(here: Path) -> Given:
    """A question that is kept in the folder `result`."""
    found = with_files(asked(names=["q.toml"]))
    found.keep(here / "result")
    return found


@pytest.mark.parametrize(
    ("then", "copy", "words"),
    [
        (lambda path: None, True, {}),
        (
            lambda path: path.unlink(),
            True,
            {"q.toml": "is not there; its copy inputs/q.toml was used"},
        ),
        (
            lambda path: path.write_text("another"),
            True,
            {"q.toml": "is another now; its copy inputs/q.toml was used"},
        ),
        (lambda path: None, False, {}),
        (lambda path: path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n")), False, {}),
    ],
)
def test_the_copy_is_read_under_the_name_that_was_given(
    here: Path, then: Callable[[Path], object], copy: bool, words: dict[str, str]
) -> None:
    found, text = kept(here), Path("q.toml").read_text()
    then(Path("q.toml"))
    if not copy:
        (here / "result" / "inputs" / "q.toml").unlink()
    files = at_hand(found.inputs, found.kept, here / "result", "manifest.json")
    assert files.words == words
    with standing_in(files.places):
        assert file_text(Path("q.toml"), "test") == text
        assert with_files(asked(names=["q.toml"])).inputs == found.inputs


@pytest.mark.parametrize("copy", [None, "damaged"])
@pytest.mark.parametrize("original", [None, "another"])
def test_what_is_nowhere_as_it_was_is_refused(
    here: Path, copy: str | None, original: str | None
) -> None:
    found = kept(here)
    for path, text in ((here / "result/inputs/q.toml", copy), (here / "q.toml", original)):
        path.unlink()
        if text is not None:
            path.write_text(text)
    with pytest.raises(InputError) as caught:
        at_hand(found.inputs, found.kept, here / "result", "manifest.json")
    assert str(caught.value) == (
        "manifest.json: inputs: 'q.toml' is not valid; allowed: a file as it was, "
        "or its copy inputs/q.toml beside manifest.json as it was"
    )


def test_an_earlier_result_without_copies_is_run_with_what_is_there(here: Path) -> None:
    inputs = kept(here).inputs
    Path("q.toml").write_text("another")
    files = at_hand(inputs, {}, here, "manifest.json")
    assert files.words == {"q.toml": "is another now, and no copy is beside the manifest"}
    Path("q.toml").unlink()
    with pytest.raises(InputError, match="allowed: a file that is there, from this folder"):
        at_hand(inputs, {}, here, "manifest.json")


@pytest.mark.parametrize(
    "place", ["q.toml", "inputs/../../q.toml", "/etc/q.toml", "inputs", "inputs/", "other/q.toml"]
)
def test_a_copy_elsewhere_is_refused(place: str) -> None:
    with pytest.raises(InputError, match=r"manifest\.json: kept\.q\.toml: .*a file in inputs/"):
        check_kept({"q.toml": place}, "manifest.json")
