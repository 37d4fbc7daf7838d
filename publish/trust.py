"""docs/trust.md: what is promised, what was tried against it, how often, and what came of it.

``python -m publish.trust`` writes it from ``results/trust/``, where `make fuzz`, `make torture` and `make mutants`
leave what they found; ``--page`` changes nothing.
"""

import argparse
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from statsmodels.stats.proportion import proportion_confint

from publish.page import ROOT, rendered, table, write

PAGE = Path("docs/trust.md")
PROMISES = Path("publish/trust.toml")
RESULTS = Path("results/trust")
#: survivors of mutation testing, judged by hand
JUDGED = RESULTS / "judged.toml"
#: what may be thought of a survivor
VERDICTS = ("equivalent", "harmless", "open")
#: what becomes of a mutant: a test fails, it does not end in its time, or nothing notices it
FATES = ("killed", "timeout", "survived")
NOT_TRIED = "*Not tried yet.*"


def found(root: Path, name: str) -> dict[str, Any]:
    """What a run left in results/trust; empty if there was none."""
    path = root / RESULTS / f"{name}.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def promises(root: Path) -> list[dict[str, Any]]:
    """Each promise with the tests that hold it."""
    return list(tomllib.loads((root / PROMISES).read_text(encoding="utf-8"))["promise"])


def judgements(root: Path) -> dict[tuple[str, str, str], tuple[str, str]]:
    """(module, function, change) -> what is thought of the survivor, and why."""
    told = tomllib.loads((root / JUDGED).read_text(encoding="utf-8"))
    return {
        (one["path"], one["function"], one["change"]): (one["verdict"], one["why"])
        for one in told.get("survivor", [])
    }


def counts(told: Mapping[str, Any]) -> str:
    """Counts of a run: what stands by itself on a line, a table of what is counted by kind, and what failed."""
    if not told:
        return NOT_TRIED
    parts, alone = [], _line({k: v for k, v in told.items() if not isinstance(v, dict | list)})
    if alone:
        parts.append(f"{alone}.")
    for key, value in told.items():
        if isinstance(value, list) and value:
            parts.append("\n".join([f"{_words(key)}:", "", *(f"* {one}" for one in value)]))
        elif isinstance(value, dict) and any(isinstance(row, dict) for row in value.values()):
            heads = list(dict.fromkeys(name for row in value.values() for name in row))
            rows = [(k, *(_amount(row.get(name, 0)) for name in heads)) for k, row in value.items()]
            parts.append(table((_words(key), *map(_words, heads)), rows))
        elif isinstance(value, dict) and value:
            parts.append(f"{_words(key)}: {_line(value)}.")
    return "\n\n".join(parts)


def _line(told: Mapping[str, object]) -> str:
    return ", ".join(f"{_words(key)} {_amount(value)}" for key, value in told.items())


def _words(key: str) -> str:
    return key.replace("_", " ")


def _amount(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def mutation(root: Path) -> dict[str, Any]:
    """What came of mutation testing, as the template wants it."""
    told, judged = found(root, "mutation"), judgements(root)
    rows, totals = [], dict.fromkeys(FATES, 0)
    for path, own in told.get("modules", {}).items():
        rows.append((f"`{path}`", sum(own.values()), *(own[key] for key in totals)))
        totals = {key: totals[key] + own[key] for key in totals}
    rows.append(("all", sum(totals.values()), *totals.values()))
    tried = sum(totals.values())
    noticed = tried - totals["survived"]
    low, high = proportion_confint(noticed, max(1, tried), method="wilson")
    survivors = []
    for one in told.get("survivors", []):
        verdict, why = judged[one["path"], one["function"], one["change"]]
        where = f"`{one['path']}` {one['function']}"
        survivors.append((where, f"`{one['change'].replace('|', '¦')}`", f"*{verdict}*: {why}"))
    return {
        "told": bool(told),
        "tried": f"{tried:,}",
        "of": f"{told.get('of', 0):,}",
        "share": f"{noticed / max(1, tried):.1%}",
        "interval": f"{low:.1%} to {high:.1%}" if tried < told.get("of", 0) else "",
        "seed": told.get("seed"),
        "survived": totals["survived"],
        "modules": rows,
        "untried": ", ".join(f"`{path}`" for path in told.get("untried", [])),
        "judged": survivors,
    }


def page(root: Path) -> str:
    """The whole page."""
    told = [
        (one["says"], "<br>".join(f"`{test.rpartition('/')[2]}`" for test in one["tests"]))
        for one in promises(root)
    ]
    return rendered(
        "trust.md",
        promises=told,
        fuzz=counts(found(root, "fuzz")),
        torture=counts(found(root, "torture")),
        mutation=mutation(root),
    )


def main(arguments: list[str] | None = None) -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", action="store_true", help="the same: what was tried is kept")
    parser.parse_args(arguments)
    write(PAGE, page(ROOT))


if __name__ == "__main__":
    main()
