"""What a user writes, read strictly: text, TOML, CSV, and the one line that says what is wrong with it."""

import codecs
import csv
import io
import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from tashkent.model.errors import InputError, unknown

#: bytes of a file, and characters and depth of a text in TOML or JSON: what somebody writes by hand stays far below
LARGEST, LONGEST, DEEPEST = 1 << 25, 1 << 22, 32
#: what tells in a text in TOML how deep it goes: strings and comments, brackets, and the dots between parts of a key
_TOML_PARTS = re.compile(
    r"""(?P<string>"{3}(?:[^\\]|\\.)*?"{3}|'{3}.*?'{3}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
    r"""|(?P<comment>\#[^\n]*)|(?P<open>[\[{])|(?P<close>[\]}])|(?P<dot>\.)|(?P<word>[A-Za-z0-9_+-]+)|(?P<end>[\n=,])""",
    re.DOTALL,
)
#: parts of a text that may be those of one path
MOST_JOINED = 32
#: characters of a name: names become parts of the names of files
LONGEST_NAME = 64
#: how a number or a day is written in a cell; looser spellings are typing errors more often than not
_WRITTEN = {
    int: (r"[+-]?[0-9]+", "a whole number"),
    float: (r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", "a finite number"),
    date: (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day written YYYY-MM-DD"),
}


#: how bytes begin that are text in another encoding, which editors and spreadsheets offer as "Unicode"
_OTHER_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
#: what may stand between cells where commas should, and how it is called
_SEPARATORS = {";": "semicolons", "\t": "tabs"}


def text_of(content: bytes, file: str) -> str:
    """The text of a file in UTF-8 with line feeds; a byte-order mark, as spreadsheets write one, is no part of it.

    Raises
    ------
    InputError
        If it is written in another way.
    """
    for mark, name in _OTHER_MARKS.items():
        if content.startswith(mark):
            raise InputError(file, "encoding", name, "text in UTF-8: save it as CSV UTF-8 or UTF-8")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InputError(file, f"byte {error.start}", "not UTF-8", "text in UTF-8") from None


#: what is read in place of files and folders that are named
_places: ContextVar[Mapping[Path, Path]] = ContextVar("places", default=MappingProxyType({}))


def learnt[T](default: T) -> T:
    """A key that the format learnt later: a row that leaves it at its default has the digest that it had before."""
    return Field(default=default, json_schema_extra={"learnt": True})


@cache
def learnt_keys(model: type[BaseModel]) -> Mapping[str, Any]:
    """The fields of a model that the format learnt later, with their defaults."""
    return {
        name: field.default
        for name, field in model.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and "learnt" in field.json_schema_extra
    }


def aside() -> str:
    """Words that are shown and inform neither a run nor a fit, empty if nothing is to be said: no digest has them."""
    return Field(default="", json_schema_extra={"aside": True})


@cache
def asides(model: type[BaseModel]) -> frozenset[str]:
    """The fields of a model that are `aside`."""
    return frozenset(
        name
        for name, field in model.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and "aside" in field.json_schema_extra
    )


@contextmanager
def standing_in(places: Mapping[Path, Path]) -> Iterator[None]:
    """Have other files and folders read in place of those that are named, such as the copies that a result keeps.

    Names stay as they are wherever they are told. Processes that are started meanwhile know nothing of it.
    """
    before = _places.set(places)
    try:
        yield
    finally:
        _places.reset(before)


def place_of(path: Path) -> Path:
    """Where a file or folder is read that is named by `path`: there, unless another stands in for it."""
    return _places.get().get(path, path)


def is_file(name: str) -> bool:
    """Whether a file is there that is named so, or that stands in for it."""
    return os.path.isfile(place_of(Path(name)))


def plain_bytes(content: bytes) -> bytes:
    """A file of text as every checkout and editor has it: lines end in a line feed, no byte-order mark before it."""
    return content.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n")


def file_text(path: Path, of: str) -> str:
    """The text of a file that a user names; `of` says what the file is asked for.

    Raises
    ------
    InputError
        If it cannot be read, or is not in UTF-8.
    """
    try:
        content = file_bytes(path)
    except (OSError, ValueError) as error:  # a name with a null byte is a ValueError
        if isinstance(error, InputError):
            raise
        allowed = f"a file that can be read ({getattr(error, 'strerror', None) or error})"
        raise InputError(of, "file", str(path), allowed) from None
    return text_of(content, path.name)


def file_bytes(path: Path) -> bytes:
    """What a file holds, if that is not more than anybody writes.

    Raises
    ------
    InputError
        If it is too large.
    """
    with place_of(path).open("rb") as stream:
        content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise InputError(path.name, "size", f"over {LARGEST:,} bytes", f"at most {LARGEST:,} bytes")
    return content


def toml_table(text: str, file: str) -> dict[str, Any]:
    """The table that a text in TOML holds; `file` is named in what is wrong with it.

    Raises
    ------
    InputError
        If the text is not TOML.
    """
    _check_length(text, file)
    _check_depth(text, file)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(file, "syntax", str(error), "TOML 1.0") from None


def _check_length(text: str, file: str) -> None:
    if len(text) > LONGEST:
        allowed = f"at most {LONGEST:,} characters"
        raise InputError(file, "length", f"{len(text):,} characters", allowed)


def _check_depth(text: str, file: str) -> None:
    """Refuse keys of very many parts and very deep lists: the parser takes time and memory with their square."""
    dots = depth = 0
    for found in _TOML_PARTS.finditer(text):
        match found.lastgroup:
            case "dot":
                dots += 1
            case "open":
                dots, depth = 0, depth + 1
            case "close":
                dots, depth = 0, max(0, depth - 1)
            case "end":
                dots = 0
        if max(dots, depth) > DEEPEST:
            line = text.count("\n", 0, found.start()) + 1
            allowed = f"at most {DEEPEST} tables or lists within each other"
            raise InputError(file, "depth", f"more at line {line}", allowed)


def json_table(text: str, file: str) -> dict[str, Any]:
    """The table that a text in JSON holds; `file` is named in what is wrong with it.

    Raises
    ------
    InputError
        If the text is not JSON, holds numbers that are not finite, or is no table.
    """

    def refuse(word: str) -> None:
        """Take no ``NaN`` or ``Infinity``.

        Raises
        ------
        ValueError
            Always; what reads JSON says it on.
        """
        raise ValueError(f"{word} is no number of JSON")

    _check_length(text, file)
    try:
        found = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise InputError(file, "syntax", str(error), "JSON") from None
    if not isinstance(found, dict):
        raise InputError(file, "syntax", type(found).__name__, "a table (JSON calls it an object)")
    return found


def one_of(file: str, key: str, value: object, names: Iterable[str]) -> str:
    """A value that is one of some names; whatever stands there instead, a list or a table too, is refused.

    Raises
    ------
    InputError
        If it is none of them.
    """
    known = list(names)
    if not isinstance(value, str) or value not in known:
        raise unknown(file, key, value, known)
    return value


def names_in(text: str, separator: str, suffix: str) -> list[str]:
    """The names that a text joins by a separator; the path of a file of that suffix, if it is there, may hold it too.

    Examples
    --------
    >>> names_in("CF1 + mine.toml", "+", ".toml")
    ['CF1', 'mine.toml']
    """
    parts, found, at = text.split(separator), [], 0
    most = len(parts) if len(parts) <= MOST_JOINED else 1
    while at < len(parts):
        ends = range(min(at + most, len(parts)), at, -1)
        joined = [separator.join(parts[at:end]).strip() for end in ends]
        files = (name for name in joined if name.endswith(suffix) and is_file(name))
        found.append(next(files, joined[-1]))
        at = ends[joined.index(found[-1])]
    return found


def csv_rows[RowT: BaseModel](text: str, file: str, kind: type[RowT]) -> tuple[RowT, ...]:
    """The rows of a text in CSV, whose columns are the keys of `kind`; an empty cell stands for the default, if any.

    Raises
    ------
    InputError
        If the text is not CSV, a column is missing or unknown, or a cell does not hold what it should.
    """
    return tuple(row for _, row in csv_lines(text, file, kind))


def csv_lines[RowT: BaseModel](
    text: str,
    file: str,
    kind: type[RowT],
    *,
    needed: Iterable[str] | None = None,
    trimmed: bool = False,
) -> Iterator[tuple[str, RowT]]:
    """The rows of a text in CSV as `csv_rows` has them, each with where it stands.

    `needed` are the columns that it must have, all by default; `trimmed` if spaces around cells do not count.

    Raises
    ------
    InputError
        As `csv_rows`.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns = list(kind.model_fields)
    try:
        header = next(reader, [])
        _check_header(file, header, columns, columns if needed is None else needed)
        for cells in filter(None, reader):
            line = f"line {reader.line_num}"
            cells = [cell.strip() for cell in cells] if trimmed else cells
            if len(cells) != len(header):
                raise InputError(file, line, "wrong number of cells", f"{len(header)} cells")
            written = {
                name: cell
                for name, cell in zip(header, cells, strict=True)
                if cell != "" or kind.model_fields[name].is_required()
            }
            _check_cells(file, line, written, kind)
            yield line, validated(kind, written, file, line, strings=True)
    except csv.Error as error:
        raise InputError(
            file, f"line {reader.line_num}", str(error), "CSV, quotation marks in pairs"
        ) from None


def _check_header(file: str, header: list[str], columns: list[str], needed: Iterable[str]) -> None:
    for separator, name in _SEPARATORS.items():
        if any(separator in column for column in header):
            raise InputError(file, "separator", name, "CSV with commas between cells")
    for column in header:
        if column not in columns:
            raise unknown(file, "column", column, columns)
        if header.count(column) > 1:
            raise InputError(file, "column", column, "each column once")
    for column in needed:
        if column not in header:
            raise InputError(file, "column", "missing", f"a column named {column}")


def _check_cells(file: str, line: str, written: Mapping[str, str], kind: type[BaseModel]) -> None:
    for name, cell in written.items():
        annotation = kind.model_fields[name].annotation
        for type_, (pattern, allowed) in _WRITTEN.items():
            if annotation in (type_, type_ | None) and not re.fullmatch(pattern, cell):
                raise InputError(file, f"{line}.{name}", cell, allowed)


def check_name(name: str, file: str, key: str) -> None:
    """Refuse a name that a spreadsheet takes for a formula, or that no file can have.

    Raises
    ------
    InputError
        If it begins with anything but a letter or a digit, has control characters or slashes, or is too long.
    """
    if not re.fullmatch(r"[^\W_][^\x00-\x1f\x7f/\\]*", name) or len(name) > LONGEST_NAME:
        allowed = f"a name of {LONGEST_NAME} characters at most, a letter or a digit first, without slashes"
        raise InputError(file, key, name, allowed)


def validated(kind: Any, value: object, file: str, key: str, *, strings: bool = False) -> Any:
    """A value as a pydantic model or type; `strings` if all that it holds is text, as in CSV.

    `file` and `key` say where the value stands.

    Raises
    ------
    InputError
        The first complaint, in one line: the key within the value, what stands there and what is allowed.
    """
    adapter = _adapter(kind)
    try:
        return adapter.validate_strings(value) if strings else adapter.validate_python(value)
    except ValidationError as error:
        # a misspelt key is unknown and missing at once: the first of the two has a nearest name
        found = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        raise _input_error(file, key, found[0], kind, value) from None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Made once a kind: a case has thousands of rows."""
    return TypeAdapter(kind)


def _input_error(file: str, key: str, error: Any, kind: Any, value: object) -> InputError:
    """A complaint of pydantic as one line of ours."""
    where, last = _where(key, error["loc"], value), error["loc"][-1] if error["loc"] else key
    match error["type"]:
        case "extra_forbidden":
            names = _keys(kind, error["loc"][:-1])
            return InputError(file, where, last, f"the keys {', '.join(names)}", _near(last, names))
        case "missing":
            return InputError(file, where, "missing", f"a value for {last}")
        case "union_tag_invalid" | "union_tag_not_found":
            tag, tags = error["ctx"]["discriminator"].strip("'"), _tags(kind, error["loc"])
            said = error["ctx"].get("tag", "missing")
            return InputError(file, f"{where}.{tag}", said, ", ".join(tags), _near(said, tags))
    plain = {"model_type": "a table", "tuple_type": "a list", "too_short": "a list with an item"}
    said = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    allowed = plain.get(error["type"], said)
    near = ""
    if error["type"] == "literal_error":
        near = _near(error["input"], error["ctx"]["expected"].split("'")[1::2])
    return InputError(file, where, error["input"], allowed, near)


def _near(name: object, names: Iterable[str]) -> str:
    """The nearest of some names, or none."""
    return unknown("", "", name, names).near


def _where(key: str, loc: tuple[int | str, ...], value: object) -> str:
    """Where a complaint stands: keys joined by dots, and a row of a list by its `id` if it has one."""
    parts = [key] if key else []
    for number, part in enumerate(loc):
        if isinstance(part, int):
            row = value[part] if isinstance(value, list | tuple) and part < len(value) else None
            if isinstance(row, Mapping) and isinstance(row.get("id"), str):
                parts[-1:] = [row["id"]]
            else:
                parts.append(str(part))
            value = row
        elif isinstance(value, Mapping) and part not in value and number + 1 < len(loc):
            continue  # the kind of the table, which is no key of it
        else:
            parts.append(part)
            value = value.get(part) if isinstance(value, Mapping) else None
    return ".".join(parts)


def _keys(kind: Any, loc: Iterable[int | str]) -> dict[str, Any]:
    """The keys of a table, or of a table within it, and what they hold."""
    kind = _within(kind, loc)
    while not hasattr(kind, "model_fields"):
        kind = get_args(kind)[0]
    return {field.alias or name: field.annotation for name, field in kind.model_fields.items()}


def _tags(kind: Any, loc: Iterable[int | str]) -> list[str]:
    """The kinds of table that may stand in a place."""
    members = get_args(_bare(_within(kind, loc)))
    return [tag for member in members for tag in _tags_of(member)]


def _tags_of(model: Any) -> tuple[str, ...]:
    annotations = [field.annotation for field in model.model_fields.values()]
    words = [get_args(a) for a in annotations if get_origin(a) is Literal and len(get_args(a)) == 1]
    return words[0] if words else ()


def _within(kind: Any, loc: Iterable[int | str]) -> Any:
    """What stands at a place within a table: a key of it, a row of a list, or one kind of several."""
    for part in loc:
        kind = _bare(kind)
        if hasattr(kind, "model_fields"):
            kind = _keys(kind, ()).get(str(part), kind)
        elif isinstance(part, int):
            kind = get_args(kind)[0]
        else:
            members = [m for m in get_args(kind) if hasattr(m, "model_fields")]
            kind = next((m for m in members if part in _tags_of(m)), kind)
    return kind


def _bare(kind: Any) -> Any:
    """A type without what is annotated to it."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return kind
