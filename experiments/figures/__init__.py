"""Figures for papers, one call each: `tashkent.figures`.

Each gives a `Picture`, which a notebook shows and which is saved as SVG, PDF or PNG. matplotlib is loaded when one is
drawn, and not before.
"""

from tashkent.experiments.figures.between import network
from tashkent.experiments.figures.changes import change
from tashkent.experiments.figures.forest import effects
from tashkent.experiments.figures.p_in import seats
from tashkent.experiments.figures.picture import Picture
from tashkent.experiments.figures.renewals import renewal
from tashkent.experiments.figures.shares import sensitivity
from tashkent.experiments.figures.waterfall import decision
from tashkent.experiments.figures.weights import parameters

__all__ = [
    "Picture",
    "change",
    "decision",
    "effects",
    "network",
    "parameters",
    "renewal",
    "seats",
    "sensitivity",
]
