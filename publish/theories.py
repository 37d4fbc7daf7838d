"""The tables of docs/theories.md: which terms a theory consists of, and what each term counts, from cases and code.

``python -m publish.theories`` writes them; there is nothing to run before, so ``--page`` changes nothing.
"""

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path

from publish.page import FIRST, ROOT, table, with_block, write
from tashkent.agents.terms import TERMS
from tashkent.model.case import Case, load_case, shipped_cases

PAGE = Path("docs/theories.md")


def theories(cases: Mapping[str, Case]) -> str:
    """A row for each theory of the first case: its terms, those of other cases besides, what it says."""
    shown = cases[FIRST]
    rows = []
    for name, theory in shown.theories.items():
        more = [
            f"in `{other}` also {_named(extra)}"
            for other, case in cases.items()
            if (extra := [t for t in case.theories[name].terms if t not in theory.terms])
        ]
        rows.append((f"`{name}`", "; ".join([_named(theory.terms) or "none", *more]), theory.says))
    return table(("theory", "terms", "what it says"), rows)


def terms(cases: Mapping[str, Case]) -> str:
    """A row for each term: what it counts, where the idea comes from, the prior of its weight, its theories."""
    rows = []
    for name, term in TERMS.items():
        having = {i: case.parameters[name] for i, case in cases.items() if name in case.parameters}
        of, weight = next(iter(having.items()))
        prior = f"{weight.mean:g} ± {weight.sd:g}" + ("" if of == FIRST else f" (`{of}`)")
        kept = "" if weight.fitted else "; stays there"
        within = [t for t, theory in cases[of].theories.items() if name in theory.terms]
        counts = (term.formula.__doc__ or "").split("\n\n")[0]
        counts = " ".join(counts.removesuffix(" Shape (..., S, C).").split()).replace("``", "`")
        rows.append((f"`{name}`", counts, term.theory, prior + kept, _named(within) or "none"))
    heads = ("term", "what it counts", "idea", "prior of its weight", "in the theory")
    return table(heads, rows)


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def page() -> str:
    """The page with its tables written anew."""
    cases = {name: load_case(name) for name in shipped_cases()}
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    text = with_block(text, "theories", theories(cases))
    return with_block(text, "terms", terms(cases))


def main(arguments: list[str] | None = None) -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", action="store_true", help="the same: nothing is run")
    parser.parse_args(arguments)
    write(PAGE, page())


if __name__ == "__main__":
    main()
