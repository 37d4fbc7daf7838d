"""Lab: Mesa's own page on one run, for those who know Mesa."""

import solara

from model.case import Case


@solara.component
def Lab(case: Case, seed: int) -> None:
    """SolaraViz on `CoalitionModel`, a model of the visitor's own."""
    solara.Text("…")
