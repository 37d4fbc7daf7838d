"""Colours that the colour-blind tell apart (Okabe and Ito), each with a pattern and a word beside it."""

from dataclasses import asdict, dataclass

from tashkent.model.statuses import Status


@dataclass(frozen=True)
class Look:
    """How a group of statuses is drawn on light and on dark ground, and what it is called."""

    word: str
    light: str
    dark: str
    #: solid, lines, cross or dots
    pattern: str


LOOKS = {
    "in": Look("in", "#0072b2", "#4aa8e0", "solid"),
    "signed": Look("signed, not yet ratified", "#56b4e9", "#8fd0f5", "dots"),
    "leaving": Look("has asked to leave or to be suspended", "#e69f00", "#f0b429", "lines"),
    "apart": Look("in, but takes no part or is sanctioned", "#cc79a7", "#e39fc4", "cross"),
    "gone": Look("was in, and is out", "#d55e00", "#f07f2e", "lines"),
    "observer": Look("observer", "#009e73", "#2fc796", "dots"),
    "out": Look("never in", "#dcd9d2", "#4a4f57", "solid"),
}
OF_STATUS = {
    Status.NONE: "out",
    Status.SIGNATORY: "signed",
    Status.MEMBER: "in",
    Status.NOTICE_GIVEN: "leaving",
    Status.SUSPENSION_REQUESTED: "leaving",
    Status.FROZEN: "apart",
    Status.SANCTIONED: "apart",
    Status.SUSPENDED: "gone",
    Status.LEFT: "gone",
    Status.EXPELLED: "gone",
    Status.OBSERVER: "observer",
}
#: lines of a chart, told apart by stroke as well
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a7a7a")
#: the same on dark ground
SERIES_DARK = ("#4aa8e0", "#f07f2e", "#2fc796", "#e39fc4", "#f0b429", "#8fd0f5", "#b9bec6")
DASHES = ("solid", "dashed", "dotted")


def as_data() -> dict[str, object]:
    """The palette for the page: looks by name, and the look of each status by its number."""
    return {
        "looks": {name: asdict(look) for name, look in LOOKS.items()},
        "of": [OF_STATUS[status] for status in Status],
        "words": [status.name.lower().replace("_", " ") for status in Status],
    }
