"""Pictures for papers: as wide as a column or a page, colour-blind safe, alike on every machine."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tashkent.model.errors import InputError, unknown

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: colour-blind safe (Okabe and Ito, 2008): what the record or the baseline says, the model, what is set against it
BLACK, BLUE, ORANGE, GREEN = "#000000", "#0072B2", "#D55E00", "#009E73"
#: lines that only help the eye
GREY, FAINT = "#666666", "#B3B3B3"
#: widths in inches: of one column of a journal (89 mm), and of its page (183 mm)
WIDTHS = {"column": 3.5, "page": 7.2}
#: suffix -> what a file would say of machine and time, which is left out
FORMATS: dict[str, dict[str, None]] = {
    ".svg": {"Creator": None, "Date": None},
    ".pdf": {"Creator": None, "Producer": None, "CreationDate": None},
    ".png": {"Software": None},
}
#: dots per inch of a PNG
DPI = 300
#: what is asked, in messages
ASKED = "figures"
#: size of a title in points
TITLE = 8.5
#: sizes in points hold in print, as a picture is not scaled to fit
STYLE: Any = {
    "axes.edgecolor": GREY,
    "axes.labelsize": 7,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlepad": 3,
    "axes.titlesize": 8,
    "figure.constrained_layout.h_pad": 0.03,
    "figure.constrained_layout.w_pad": 0.03,
    "figure.constrained_layout.use": True,
    "figure.dpi": DPI,
    "figure.titlesize": TITLE,
    "font.size": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.0,
    "pdf.fonttype": 42,
    "svg.hashsalt": "tashkent",
    "text.parse_math": False,
    "xtick.labelsize": 7,
    "xtick.major.size": 2.5,
    "ytick.labelsize": 7,
    "ytick.major.size": 2.5,
}


@dataclass(frozen=True, eq=False)
class Picture:
    """A drawn figure. A notebook shows it; `figure` is that of matplotlib, to change what it shows."""

    figure: "Figure"

    def __repr__(self) -> str:
        """A line: its size in millimetres."""
        wide, high = (25.4 * float(inches) for inches in self.figure.get_size_inches())
        return f"<Picture {wide:.0f} × {high:.0f} mm>"

    def _repr_svg_(self) -> str:
        """What a notebook shows."""
        written = BytesIO()
        self._write(written, ".svg", DPI)
        return written.getvalue().decode()

    def save(self, path: Path | str, *, dpi: int = DPI) -> None:
        """Write the picture, as SVG, PDF or PNG by the suffix of the file: the same bytes each time.

        Parameters
        ----------
        path
            The file. The picture has the size in print that its width says.
        dpi
            Dots per inch of a PNG.

        Raises
        ------
        InputError
            If the suffix is another, or the file cannot be written.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in FORMATS:
            raise InputError(ASKED, "save", path.name, f"a name that ends in {', '.join(FORMATS)}")
        try:
            self._write(path, suffix, dpi)
        except OSError as error:
            allowed = f"a file that can be written ({error.strerror})"
            raise InputError(ASKED, "save", str(path), allowed) from None

    def _write(self, to: Any, suffix: str, dpi: int) -> None:
        with house_style():
            self.figure.savefig(to, format=suffix[1:], dpi=dpi, metadata=FORMATS[suffix])


def picture[**P](drawn: "Callable[P, Figure]") -> Callable[P, Picture]:
    """What draws a figure, made to draw it in the house's style and to give a `Picture`."""

    @wraps(drawn)
    def draw(*args: P.args, **kwargs: P.kwargs) -> Picture:
        with house_style():
            return Picture(drawn(*args, **kwargs))

    shown: Any = draw
    shown.__signature__ = signature(drawn).replace(return_annotation=Picture)
    shown.__annotations__ = {**drawn.__annotations__, "return": Picture}
    return draw


@contextmanager
def house_style() -> Iterator[None]:
    """One style, whatever a user has set for pictures of their own; a dollar in a name begins no formula."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def inches(width: str | float) -> float:
    """A width in inches, from that or from the name of one.

    Raises
    ------
    InputError
        If there is no such width.

    Examples
    --------
    >>> inches("column"), inches(5)
    (3.5, 5.0)
    """
    if isinstance(width, str):
        if width not in WIDTHS:
            raise unknown(ASKED, "width", width, WIDTHS)
        return WIDTHS[width]
    if not 1 <= width <= 100:
        allowed = f"{' or '.join(WIDTHS)}, or inches from 1 to 100"
        raise InputError(ASKED, "width", width, allowed)
    return float(width)


def panels(
    titles: Sequence[str], width: str | float, *, each: float
) -> "tuple[Figure, list[Axes]]":
    """A figure of panels with titles, as many side by side as there is room for, on common axes.

    `each` is the height of a row of panels in inches.
    """
    from matplotlib.figure import Figure

    wide = inches(width)
    columns = max(1, min(len(titles), int(wide / 1.6)))
    rows = -(-len(titles) // columns)
    figure = Figure(figsize=(wide, each * rows))
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axis, title in zip(axes.flat, titles, strict=False):
        axis.set_title(title)
    for axis in axes.flat[len(titles) :]:
        axis.axis("off")
    for axis in axes.flat[max(0, len(titles) - columns) : len(titles)]:
        axis.tick_params(labelbottom=True)
    return figure, list(axes.flat[: len(titles)])


def framed(figure: "Figure", title: str, handles: "Sequence[Artist]" = ()) -> "Figure":
    """The figure with a title above and a legend below, higher by both: what is between them keeps its size."""
    wide, high = figure.get_size_inches()
    head = figure.suptitle("\n".join(_lines(figure, title)), x=0.01, ha="left")
    more = head.get_window_extent().height / figure.dpi + 0.05
    if handles:
        for columns in range(len(handles), 0, -1):
            legend = figure.legend(handles=handles, loc="outside lower left", ncols=columns)
            size = legend.get_window_extent()
            if size.width / figure.dpi <= wide - 0.25 or columns == 1:
                break
            legend.remove()
        more += size.height / figure.dpi
    figure.set_size_inches(wide, high + more)
    return figure


def _lines(figure: "Figure", text: str) -> list[str]:
    """A text in lines that are no wider than the figure; where it has lines of its own they stay."""
    from matplotlib.text import Text

    found: list[str] = []
    for line in text.split("\n"):
        words, kept = line.split(" "), ""
        for word in words:
            longer = f"{kept} {word}" if kept else word
            drawn = Text(0, 0, longer, fontsize=TITLE, figure=figure)
            if kept and drawn.get_window_extent().width > 0.97 * figure.bbox.width:
                found.append(kept)
                longer = word
            kept = longer
        found.append(kept)
    return found
