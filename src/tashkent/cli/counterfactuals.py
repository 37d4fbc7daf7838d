"""`tashkent counterfactuals`: which questions a case holds."""

import json

from tashkent.cli.options import (
    CaseOption,
    JsonOption,
    load_case,
)
from tashkent.cli.screen import console


def counterfactuals(
    case: CaseOption = "cst",
    as_json: JsonOption = False,
) -> None:
    """List the counterfactuals of a case: what each asks, and which direction is implied by whom.

    Example: tashkent counterfactuals
    """
    loaded = load_case(case)
    from tashkent.cli import comparison

    if as_json:
        print(json.dumps(comparison.listed(loaded), indent=2))
        return
    comparison.show_list(loaded, console())
