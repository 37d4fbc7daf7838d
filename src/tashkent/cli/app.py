"""`tashkent app`: the dashboard."""

from typing import Annotated

import typer


def app(
    host: Annotated[
        str | None,
        typer.Option(
            help="Who can reach it: 0.0.0.0 for everybody in the network, as by default with --class; else 127.0.0.1."
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the page.")] = 8765,
    visitors: Annotated[
        int, typer.Option(min=1, max=1000, help="Pages that may be open at once.")
    ] = 80,
    case: Annotated[
        str | None,
        typer.Option(
            "--case",
            help="A shipped case by name, or a case folder; by default what TASHKENT_CASE names, or cst.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            help="A name by which the pages may be asked for, beside those of this machine; can be repeated."
        ),
    ] = None,
    root_path: Annotated[
        str, typer.Option(help="The path under which a proxy shows the pages, such as /class.")
    ] = "",
    rooms: Annotated[
        bool,
        typer.Option(
            "--class", help="Let a teacher open a room, in which a class predicts on its phones."
        ),
    ] = False,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open a browser.")] = False,
) -> None:
    """Open the dashboard: the map, the states and their decisions, in a browser and without a network.

    Example: tashkent app --host 0.0.0.0 --no-open
    """
    from tashkent.dashboard.server import serve

    host = host or ("0.0.0.0" if rooms else "127.0.0.1")
    _check_address(host, port)
    root = _checked_root(root_path)
    if rooms:
        _check_rooms(port, root)
    if case is not None:
        _show(case)
    names = tuple(allow_host or ())
    serve(host, port, show=not no_open, places=visitors, names=names, root=root, classes=rooms)


def _checked_root(path: str) -> str:
    """A path that begins with a slash and ends without one."""
    import re

    root = path.rstrip("/")
    if root and not re.fullmatch(r"(/[\w.~-]+)+", root, re.ASCII):
        words = f"{path!r} is not valid; allowed: a path such as /class or /courses/ir"
        raise typer.BadParameter(words, param_hint="--root-path")
    return root


def _check_rooms(port: int, root: str) -> None:
    """Refuse a class whose rooms cannot be kept in private, or whose pages a proxy would hide."""
    from tashkent.dashboard.guard import CLASS
    from tashkent.dashboard.room_keeping import private, usual_folder

    if root == CLASS:
        words = f"{root!r} is not valid with --class; allowed: another path, for the pages of a class stand there"
        raise typer.BadParameter(words, param_hint="--root-path")
    try:
        private(usual_folder(port))
    except OSError as error:
        raise typer.BadParameter(f"rooms cannot be kept: {error}", param_hint="--class") from None


def _show(case: str) -> None:
    """Have the pages show a case, which must be one that loads."""
    import os

    from tashkent.cli.options import load_case
    from tashkent.dashboard.results import CASE_VARIABLE

    load_case(case)
    os.environ[CASE_VARIABLE] = case


def _check_address(host: str, port: int) -> None:
    """Refuse an address that cannot be served."""
    from tashkent.dashboard.server import check

    try:
        check(host, port)
    except OSError as error:
        words = f"{host}:{port} cannot be served: {error.strerror or error}"
        raise typer.BadParameter(words, param_hint="--host, --port") from None
