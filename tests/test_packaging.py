"""What is installed: one package that hides nobody's files, with types, the same by wheel, sdist and editable."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

import tashkent as tk
from hatch_build import link

ROOT = Path(__file__).parent.parent
FOLDERS = ("agents", "model", "calibration", "experiments", "dashboard")
#: modules that a project of one's own is likely to have
OWN = ("model", "agents", "app", "calibration", "experiments", "dashboard")
KINDS = ("wheel", "editable")


def build(folder: Path, kind: str, out: Path) -> Path:
    """Build what is in a folder, and give back the one file that is made."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(out)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
    (made,) = out.iterdir()
    return made


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def places(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder from which Python imports the package, by the kind of installation."""
    unzipped = tmp_path_factory.mktemp("unzipped")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(unzipped)
    return {"wheel": unzipped, "editable": ROOT / "src"}


def tracked() -> set[str]:
    """Every file that git has of the package, as the wheel should name it."""
    listed = subprocess.run(
        ["git", "ls-files", *FOLDERS, "src/tashkent"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return {name.removeprefix("src/") if "src/" in name else f"tashkent/{name}" for name in listed}


@pytest.mark.slow
def test_the_wheel_holds_the_package_alone_and_nothing_twice(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert len(names) == len(set(names))
    tops = {name.split("/")[0] for name in names}
    assert {"tashkent"} == {top for top in tops if not top.endswith(".dist-info")}
    assert len(tops) == 2
    assert any(name.endswith(".dist-info/sboms/sbom.cdx.json") for name in names)
    inside = {name for name in names if name.startswith("tashkent/")}
    assert {"tashkent/py.typed", "tashkent/__main__.py", "tashkent/model/cases/cst/case.toml"} <= (
        inside
    )
    if (ROOT / ".git").exists():
        assert inside >= {name for name in tracked() if (ROOT / "src" / name).exists()}


@pytest.mark.slow
def test_a_wheel_from_the_sdist_is_the_same(wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(build(ROOT, "sdist", tmp_path / "sdist")) as file:
        file.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    again = build(unpacked, "wheel", tmp_path / "again")
    contents = []
    for path in (wheel, again):
        with zipfile.ZipFile(path) as built:
            contents.append({name: built.read(name) for name in built.namelist()})
    assert contents[0] == contents[1]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_modules_of_ones_own_and_the_package_do_not_hide_each_other(
    kind: str, places: dict[str, Path], tmp_path: Path
) -> None:
    for name in OWN:
        (tmp_path / f"{name}.py").write_text("MINE = True\n")
    script = [
        "import tashkent as tk, tashkent.cli, tashkent.dashboard.geometry",
        "assert tk.load_case('cst').id == 'cst'",
        f"import {', '.join(OWN)}",
        *(f"assert {name}.MINE" for name in OWN),
        "print(tk.__file__)",
    ]
    (tmp_path / "study.py").write_text("\n".join(script))
    found = subprocess.run(
        [sys.executable, "study.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(places[kind])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert found.returncode == 0, found.stderr
    assert Path(found.stdout.strip()) == places[kind] / "tashkent" / "__init__.py"


@pytest.mark.slow
def test_the_command_line_is_a_module_too(places: dict[str, Path], tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "tashkent", "case", "check", "cst"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(places["wheel"])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert found.stdout.startswith("cst: valid."), found.stderr


#: what a user writes -> what a type checker should make of it
REVEALED = {
    'tk.load_case("cst")': r"tashkent\.model\.case\.\S*Case",
    "tk.simulate(runs=2)": r"tashkent\.model\.record\.Ensemble",
    "tk.simulate(runs=2).p_in": r"numpy\.ndarray\[.*float64.*\]",
    "tk.CoalitionModel()": r"tashkent\.experiments\.coalition\.CoalitionModel",
    'tk.compare("cst", "CF1")': r"tashkent\.experiments\.\S*Comparison",
    'tk.sweep("design.toml")': r"tashkent\.\S*Swept",
    'tk.sensitivity("cst")': r"tashkent\.experiments\.\S*Sensitivity",
    'tk.posterior(tk.load_case("cst"))': r"tashkent\.calibration\.posterior\.Posterior",
}


@pytest.mark.slow
def test_a_user_has_types(places: dict[str, Path], tmp_path: Path) -> None:
    """As whoever installed it: another environment, in which ``py.typed`` alone says that there are types.

    What `make types` has found of other packages is not looked for again.
    """
    if (ROOT / ".mypy_cache").exists():
        shutil.copytree(ROOT / ".mypy_cache", tmp_path / "mypy")
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True
    )
    python = next(p for p in (tmp_path / "venv").glob("*/python*") if p.stem == "python")
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    purelib = subprocess.check_output([python, "-c", asked], text=True).strip()
    paths = f"{places['wheel']}\n{sysconfig.get_path('purelib')}\n"
    (Path(purelib) / "tashkent.pth").write_text(paths)
    lines = ["import tashkent as tk", *(f"reveal_type({one})" for one in REVEALED), "tk.nonsense"]
    (tmp_path / "study.py").write_text("\n".join(lines))
    command = ["--config-file", str(ROOT / "pyproject.toml"), "--python-executable", str(python)]
    command += ["--cache-dir", str(tmp_path / "mypy"), "study.py"]
    environment = {name: value for name, value in os.environ.items() if name != "MYPYPATH"}
    environment.pop("PYTHONPATH", None)
    told = subprocess.run(
        [sys.executable, "-m", "mypy", *command],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    ).stdout
    revealed = dict(enumerate(REVEALED.items(), start=2))
    for number, (written, pattern) in revealed.items():
        line = next((x for x in told.splitlines() if x.startswith(f"study.py:{number}: ")), told)
        assert re.search(rf'Revealed type is "{pattern}"', line), written
    assert 'Module has no attribute "nonsense"' in told
    assert told.count("error:") == 1, told


def test_every_public_name_is_there() -> None:
    for name in tk.__all__:
        assert getattr(tk, name).__doc__
    assert set(tk.__all__) <= set(dir(tk))


def test_links_are_made_anew(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file.py").write_text(folder)
    at = tmp_path / "src" / "linked"
    at.parent.mkdir()
    for folder in ("one", "two", "two"):
        link(tmp_path / folder, at)
        assert (at / "file.py").read_text() == folder
    (tmp_path / "two").rename(tmp_path / "gone")
    link(tmp_path / "one", at)  # where the old link leads nowhere
    assert (at / "file.py").read_text() == "one"
