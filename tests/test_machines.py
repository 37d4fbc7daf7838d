"""Runs are the same to the last bit on every machine that could be tried; a fit within what is said of it."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tashkent.cli.new_case import new_case
from tashkent.experiments.manifest import machine

#: each starts processes, one after the other
pytestmark = pytest.mark.slow(15)

ASKED = ("compare", "CF12b", "--runs", "20", "--from", "2018-12")


def kernels() -> list[str]:
    """Kernels of OpenBLAS that this processor can run, the most different first."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        flags = []
    if platform.machine() not in ("x86_64", "AMD64"):
        return []
    found = ["Nehalem"]
    found += ["Haswell"] if "avx2" in flags else []
    return found + (["SkylakeX"] if "avx512vl" in flags else [])


def variants() -> list[dict[str, str]]:
    """Two environments, as different as one can be from another: the newest kernel, and the oldest without vectors."""
    threads = [dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), n) for n in "12"]
    found = [
        {**threads[0], "PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC"},
        {**threads[1], "PYTHONHASHSEED": "1", "LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Apia"},
    ]
    if kernels():
        for each, kernel in zip(found, (kernels()[-1], kernels()[0]), strict=True):
            each["OPENBLAS_CORETYPE"] = kernel
    found[-1]["NPY_DISABLE_CPU_FEATURES"] = machine()["vectors"]
    return found


def command(*words: str, **environment: str) -> str:
    """What a command of ours prints, in an environment of its own."""
    found = subprocess.run(
        [sys.executable, "-m", "tashkent", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    return found.stdout


def test_runs_are_the_same_on_every_machine(tmp_path: Path) -> None:
    told = []
    for number, environment in enumerate(variants()):
        out = tmp_path / str(number)
        command(*ASKED, "--workers", str(1 + number % 2), "--out", str(out), **environment)
        told.append(json.loads((out / "manifest.json").read_text()))
        kernel, where = environment.get("OPENBLAS_CORETYPE", ""), told[-1]["machine"]
        assert kernel in where["blas"]  # it was another machine, as far as can be
        if "NPY_DISABLE_CPU_FEATURES" in environment:
            assert where["vectors"] == ""
    first, other = told
    inexact = other["inexact"]
    exact = {name: digest for name, digest in other["files"].items() if name not in inexact}
    assert exact == {name: first["files"][name] for name in exact}
    assert {"seats.parquet", "divergence.csv"} <= set(exact)
    tables = [pd.read_csv(tmp_path / n / "outcomes.csv") for n in "01"]
    fitted = [column for column in inexact["outcomes.csv"] if column in tables[0]]
    here, there = (table.drop(columns=fitted) for table in tables)
    pd.testing.assert_frame_equal(there, here, check_exact=True)
    assert other["posterior_hash"] == first["posterior_hash"]


@pytest.mark.skipif(len(kernels()) < 2, reason="one kernel of linear algebra alone")
def test_a_fit_of_another_kernel_is_the_same_within_what_is_said(tmp_path: Path) -> None:
    new_case(tmp_path / "pact")
    out, (one, *_, other) = tmp_path / "out", kernels()
    asked = ("run", "--case", str(tmp_path / "pact"), "--runs", "20", "--out", str(out))
    command(*asked, OPENBLAS_CORETYPE=one)
    found = json.loads(command("reproduce", str(out), "--json", OPENBLAS_CORETYPE=other))
    assert found["identical"]
    assert found["largest_difference"] < 1e-6
    assert {one["what"] for one in found["differences"]} == {"machine blas"}
    words = set(found["tables"].values())
    assert all(each.startswith(("identical", "same ")) for each in words)
