"""What commands show: on a console of any encoding and width, without cutting a figure or taking text for markup."""

import codecs
import io
import logging
import os
import shutil
import sys
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.table import Table
    from rich.text import Text

#: the name under which Python knows how `stand_in` replaces characters
STAND_IN = "tashkent.stand_in"
#: what stands for characters that a console cannot write, each as wide as what it stands for
STAND_INS = {
    "●": "*",
    "↑": "^",
    "↓": "v",
    "→": ">",
    "±": "~",
    "²": "2",
    "−": "-",
    "–": "-",
    "—": "-",
    "…": "~",
    "\u2018": "'",
    "\u2019": "'",
    "“": '"',
    "”": '"',
}
#: the least width of a column of words, if it has that many characters
_LEAST = 12

type Cell = str | Text


# encodings -----------------------------------------------------------------------------------------


def stand_in(error: UnicodeError) -> tuple[str, int]:
    """What is written where a console has no such character: one that looks like it, its letter, or a question mark.

    Raises
    ------
    UnicodeError
        The error itself, if it is not one of writing.

    Examples
    --------
    >>> "● 0.5 ± 0.1 Åland 中".encode("ascii", STAND_IN)
    b'* 0.5 ~ 0.1 Aland ?'
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plain, error.object[error.start : error.end])), error.end


def _plain(character: str) -> str:
    letter = unicodedata.normalize("NFKD", character)[0]
    return STAND_INS.get(character) or (letter if letter.isascii() else "?")


codecs.register_error(STAND_IN, stand_in)


def open_streams() -> None:
    """Open on nothing what is closed of stdin, stdout and stderr: a file of ours would get its number otherwise."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:  # the lowest number that is free is this one
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115


def let_go(stream: io.IOBase | TextIO) -> None:
    """Let what is still to be written to a full disk or a closed pipe go nowhere."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say(line: str) -> None:
    """Print a line on stderr."""
    print(line, file=sys.stderr, flush=True)


class _Pipe(io.FileIO):
    """A stream whose reader may go away: what is written from then on goes nowhere, and the work goes on."""

    def __init__(self, stream: TextIO, gone: type[OSError]) -> None:
        super().__init__(stream.fileno(), "w", closefd=False)
        # the stream would close what it writes to if it were dropped
        self._stream, self._gone = stream, gone

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except self._gone:
            let_go(self)
            return len(data)


def write_anything() -> None:
    """Have stdout and stderr write what their encoding lacks as stand-ins, and outlast who reads them.

    What cannot be written to stdout for another reason, such as a full disk, is an error; to stderr nothing is.
    """
    for name, gone in (("stdout", BrokenPipeError), ("stderr", OSError)):
        stream = getattr(sys, name)
        if not isinstance(stream, io.TextIOWrapper):
            continue
        at_once = isinstance(stream.buffer, io.FileIO)  # as PYTHONUNBUFFERED has it
        if at_once or isinstance(getattr(stream.buffer, "raw", None), io.FileIO):
            stream.flush()
            pipe = _Pipe(stream, gone)
            stream = io.TextIOWrapper(
                pipe if at_once else io.BufferedWriter(pipe),
                stream.encoding,
                line_buffering=stream.line_buffering,
                write_through=at_once,
            )
            setattr(sys, name, stream)
        stream.reconfigure(errors=STAND_IN)


def silence_libraries() -> None:
    """Keep warnings of libraries from the screen, which are for who programs; `python -W default` shows them."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
        logging.getLogger("matplotlib").setLevel(logging.ERROR)


# text and tables -----------------------------------------------------------------------------------


def console(*, stderr: bool = False) -> "Console":
    """A console that takes no text for markup: titles and paths may hold square brackets and colons."""
    from rich.console import Console

    made = Console(stderr=stderr, markup=False, emoji=False)
    if made.width < 1:  # what COLUMNS says, on which nothing could be shown
        made.width = shutil.get_terminal_size().columns
    return made


def strong(text: str, rest: str = "") -> "Text":
    """Bold text, and plain text after it."""
    from rich.text import Text

    return Text.assemble((text, "bold"), rest)


@dataclass(frozen=True)
class Heading:
    """The head of a column. Words may be wrapped; what else a column holds stays on its line."""

    name: str
    right: bool = False
    words: bool = False


@dataclass
class Figures:
    """A table that is laid out by the width there is: with rules, closer, in parts of some columns, or as lines."""

    heads: Sequence[Heading]
    title: str = ""
    caption: str = ""
    #: the columns that say what a row is about, and stand in each part
    keys: int = 1
    #: a rule after each row, if there is room for rules
    rules: bool = False
    rows: list[tuple[Cell, ...]] = field(default_factory=list)

    def add_row(self, *cells: Cell) -> None:
        """Add a row, a cell for each head."""
        self.rows.append(cells)

    def __rich_console__(
        self, console: "Console", options: "ConsoleOptions"
    ) -> "Iterator[RenderableType]":
        """The table in the widest layout that fits."""
        from rich.text import Text

        if self.title:
            yield Text(self.title, style="italic", overflow="fold")
        yield from self._laid_out(options.max_width)
        if self.caption:
            yield Text(self.caption, style="dim italic", overflow="fold")

    def _laid_out(self, width: int) -> "Iterator[RenderableType]":
        every = range(len(self.heads))
        for layout in ("rules", "spaces", "close"):
            widths = self._widths(every, width - _between(layout, len(every)))
            if widths:
                yield self._table(every, widths, layout)
                return
        parts = self._parts(width)
        for part, widths in parts:
            yield self._table(part, widths, "spaces")
        if not parts:
            yield from self._lines()

    def _parts(self, width: int) -> list[tuple[list[int], list[int]]]:
        """The columns in parts that fit, each with the keys; none if words or a wide column stand in the way."""
        keys, rest = list(range(self.keys)), list(range(self.keys, len(self.heads)))
        if any(self.heads[column].words for column in rest):
            return []
        parts: list[tuple[list[int], list[int]]] = []
        part: list[int] = []
        fitting: list[int] = []
        for column in rest:
            for tried in ([*part, column], [column]):
                widths = self._widths(
                    [*keys, *tried], width - _between("spaces", self.keys + len(tried))
                )
                if widths:
                    break
            else:
                return []
            if len(tried) == 1 and part:
                parts.append(([*keys, *part], fitting))
            part, fitting = tried, widths
        return [*parts, ([*keys, *part], fitting)] if part else []

    def _widths(self, columns: Sequence[int], room: int) -> list[int]:
        """A width for each of some columns that cuts nothing; none if there is not room for all."""
        widest, least = (list(x) for x in zip(*map(self._span, columns), strict=True))
        if sum(least) > room:
            return []
        while sum(widest) > room:
            spare = [i for i in range(len(widest)) if widest[i] > least[i]]
            widest[max(spare, key=lambda i: widest[i])] -= 1
        return widest

    def _span(self, column: int) -> tuple[int, int]:
        """The width of a column if nothing is wrapped, and the least that it can do with."""
        head = self.heads[column]
        cells = [_text(row[column]) for row in self.rows]
        whole = max(map(_line, [head.name, *cells]))
        least = max(_word(head.name), *map(_word if head.words else _line, cells), 1)
        return whole, max(least, min(whole, _LEAST)) if head.words else least

    def _table(self, columns: Sequence[int], widths: Sequence[int], layout: str) -> "Table":
        from rich import box
        from rich.table import Table

        ruled = layout == "rules"
        table = Table(
            box=box.HEAVY_HEAD if ruled else box.SIMPLE_HEAD,
            show_edge=ruled,
            show_lines=ruled and self.rules,
            padding=(0, 1) if ruled else (0, 1, 0, 0) if layout == "spaces" else 0,
        )
        for column, width in zip(columns, widths, strict=True):
            head = self.heads[column]
            table.add_column(
                head.name,
                justify="right" if head.right else "left",
                width=width,
                overflow="fold",
            )
        for row in self.rows:
            table.add_row(*(row[column] for column in columns))
        return table

    def _lines(self) -> "Iterator[RenderableType]":
        """Each row as what it is about, and under it a line for each other cell."""
        from rich.padding import Padding
        from rich.text import Text

        for row in self.rows:
            yield Text(", ".join(map(_text, row[: self.keys])), style="bold", overflow="fold")
            for head, cell in zip(self.heads[self.keys :], row[self.keys :], strict=True):
                if _text(cell).strip():
                    name = f"{' '.join(head.name.split())}: " if head.name else ""
                    yield Padding(Text.assemble(name, cell, overflow="fold"), (0, 0, 0, 2))


def _between(layout: str, columns: int) -> int:
    """What a layout takes of the width besides the columns."""
    return {"rules": 3 * columns + 1, "spaces": 2 * columns - 1, "close": columns - 1}[layout]


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.plain


def _line(text: str) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, text.split("\n")))


def _word(text: str) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, text.split()), default=0)
