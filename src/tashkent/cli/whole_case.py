"""A case and all that its folder holds besides: patterns, questions, citations, magnitudes, a story, a sample."""

from tashkent.calibration import shipped
from tashkent.calibration.literature import coefficients
from tashkent.calibration.patterns import load_patterns
from tashkent.calibration.variants import magnitudes
from tashkent.model.case import Case, load_case
from tashkent.model.citations import citations
from tashkent.model.counterfactual import shipped_counterfactuals
from tashkent.model.story import load_story


def load_whole_case(path: str) -> Case:
    """A case by name or folder, once everything that its folder holds has been checked.

    Raises
    ------
    InputError
        If a table of the case, or anything that stands beside it, cannot be used.
    """
    case = load_case(path)
    load_patterns(case)
    magnitudes(case)
    coefficients(case)
    citations(case)
    load_story(case)
    shipped.read(case)
    for counterfactual in shipped_counterfactuals(case):
        counterfactual.apply(case)
    return case
