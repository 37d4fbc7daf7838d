"""The shell of every page: what the visitor looks at, the runs behind it, and the address that leads back here."""

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import solara
import solara.lab

from tashkent.dashboard import (
    evidence_page,
    lab_page,
    network_page,
    rulebook_page,
    simulate_page,
    state_page,
    story_page,
    whatif_page,
)
from tashkent.dashboard.glossary import as_data
from tashkent.dashboard.results import Wish, obtain, the_case, wish_of
from tashkent.dashboard.server import BOARD_VARIABLE
from tashkent.dashboard.shared import while_wanted
from tashkent.dashboard.view import (
    FOR_MODELLERS,
    MOST_RUNS,
    OF_RUNS,
    SHOWS,
    Ask,
    View,
    changed,
    from_query,
    pages,
    theories,
)
from tashkent.dashboard.weights import Weights
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.record import Ensemble

HERE = Path(__file__).parent
#: said where a question is asked while a theory is chosen
WHOLE = (
    "Questions are asked of all theories together; tashkent compare NAME --theory asks one alone."
)


@solara.component_vue("header.vue")
def _header(
    title: str,
    pages: list[dict[str, Any]],
    page: str,
    query: str,
    large: bool,
    words: list[dict[str, str]],
    board: str | None,
    code: dict[str, str] | None,
    event_goto: Ask,
    event_back: Callable[[str], None],
    event_present: Callable[[str | None], None],
    event_theme: Callable[[bool], None],
    event_share: Callable[[dict[str, str]], None],
) -> None:
    """Title, pages, and what concerns the eye; keeps the address of the browser up to date."""


@solara.component_vue("setup.vue")
def _setup(
    view: dict[str, Any],
    clubs: list[dict[str, str]],
    shows: list[dict[str, str]],
    theories: list[dict[str, str]],
    months: list[str],
    most: int,
    large: bool,
    busy: dict[str, Any] | None,
    error: str,
    notice: str,
    event_apply: Ask,
    event_reset: Callable[..., None],
    event_cancel: Callable[..., None],
) -> None:
    """Which club and which runs."""


@solara.component
def Layout(children: list[solara.Element] | None = None) -> None:
    """Nothing around the page: it has a header of its own."""
    solara.Div(children=children or [])


@dataclass(frozen=True)
class _Runs:
    """The runs of a view, as far as they are there."""

    ensemble: Ensemble | None
    #: how far they are; none if they are not under way
    busy: dict[str, Any] | None
    #: why they failed; empty if they did not
    error: str
    cancel: Callable[[], None]


def _use_runs(case: Case, view: View) -> _Runs:
    """The runs that a view needs, made in the background; what other pages change of the view runs nothing."""
    done = solara.use_reactive(0)
    wished: Any = solara.use_ref(None)
    if view.page in OF_RUNS:
        wished.current = wish_of(view)
    wish: Wish | None = wished.current

    def work() -> tuple[Wish, Ensemble] | None:
        if wish is None:
            return None
        return wish, obtain(case, wish, while_wanted(lambda: runs.is_current(), done.set))

    runs = solara.lab.use_task(work, dependencies=[wish], raise_error=False)
    found = runs.value if runs.finished else None
    busy = None
    if wish is not None and runs.pending:
        words = f"{done.value:,} of {wish.runs:,} runs; the record is shown meanwhile"
        busy = {"done": done.value, "of": wish.runs, "words": words}
    return _Runs(
        ensemble=found[1] if found is not None and found[0] == wish else None,
        busy=busy,
        error=f"The runs failed: {runs.exception}" if runs.error else "",
        cancel=runs.cancel,
    )


@solara.component
def Page() -> None:
    """The whole dashboard for one visitor; nothing of it is shared but the case and its usual runs."""
    case = the_case()
    router = solara.use_router()
    first, complaints = solara.use_memo(lambda: from_query(case, router.search), [])
    view, set_view = solara.use_state(first)
    # what was asked last: while another thread is at the page, it is shown only a moment later
    latest: Any = solara.use_ref(first)
    error, set_error = solara.use_state(" ".join(complaints))
    notice, set_notice = solara.use_state("")
    dark = solara.lab.use_dark_effective()
    runs = _use_runs(case, view)

    def show(wanted: View) -> None:
        latest.current = wanted
        set_view(wanted)

    def ask(asked: dict[str, Any]) -> None:
        """Change the view as far as that is possible, and say what is not."""
        wanted, wrong = changed(case, latest.current, asked)
        set_error(" ".join(wrong))
        set_notice("")
        show(wanted)

    def back(query: str) -> None:
        """As at an address of before."""
        wanted, wrong = from_query(case, query)
        set_error(" ".join(wrong))
        set_notice("")
        show(wanted)

    def reset(*_: object) -> None:
        set_error("")
        kept = "case, question, club and seed" if view.page == "whatif" else "case, club and seed"
        set_notice(f"As at the beginning; {kept} stayed.")
        show(latest.current.reset(case))

    def stop(*_: object) -> None:
        runs.cancel()
        set_notice("Stopped; the record is shown.")
        show(changed(case, latest.current, {"show": "record"})[0])

    solara.Title("tashkent")
    solara.Style(HERE / "style.css")
    with solara.Div(classes=["tk-root", *(["tk-large"] if view.present else [])]):
        _Header(case, view, lambda: latest.current, ask, back)
        # Mesa's page brings a main part of its own
        tag = "div" if view.page == "lab" else "main"
        with solara.v.Html(
            tag=tag,
            class_="tk-main-part",
            attributes={"id": "tk-main", "tabindex": "-1", "data-page": view.page},
        ).key(view.page):
            if view.page in OF_RUNS:
                with solara.Div(classes=["tk-controls"]):
                    _show_setup(case, view, runs, error, notice, ask, reset, stop)
                    if view.show != "record" and not view.present and not view.theory:
                        Weights(case, view, ask)
            if view.page == "simulate":
                simulate_page.Simulate(case, view, runs.ensemble, ask)
            elif view.page == "story":
                story_page.Told(case, view, ask)
            elif view.page == "network":
                network_page.Network(case, view, runs.ensemble, dark, ask)
            elif view.page == "state":
                state_page.OneState(case, view, dark, error, ask)
            elif view.page == "rulebook":
                rulebook_page.Rulebook(case, view, error, ask)
            elif view.page == "evidence":
                evidence_page.Evidence(case, view, dark, error, ask)
            elif view.page == "whatif":
                told = notice or (WHOLE if view.theory else "")
                whatif_page.WhatIf(case, view, lambda: latest.current, error, told, ask, reset)
            else:
                lab_page.Lab(case, view.seed)


@solara.component
def _Header(
    case: Case, view: View, now: Callable[[], View], ask: Ask, back: Callable[[str], None]
) -> None:
    """The header; `now` tells the view that was asked for last, which may not be shown yet."""
    code, set_code = solara.use_state(None)

    def theme(wanted: bool) -> None:
        solara.lab.theme.dark = wanted

    def toggle(month: str | None) -> None:
        ask({"present": int(not now().present), "month": month})

    _header(
        title=case.title,
        pages=[
            {"id": key, "name": name, "modellers": key in FOR_MODELLERS}
            for key, name in pages(case).items()
        ],
        page=view.page,
        query=view.query(),
        large=view.present,
        words=as_data(case),
        board=os.environ.get(BOARD_VARIABLE, ""),
        code=code,
        event_goto=ask,
        event_back=back,
        event_present=toggle,
        event_theme=theme,
        event_share=lambda place: set_code(coded(place)),
    )


def coded(place: dict[str, str]) -> dict[str, str]:
    """The address of a page and its QR code: with what is looked at, unless that is too long to be read."""
    from tashkent.dashboard import qr

    start = str(place.get("start", ""))[: qr.LONGEST]
    whole = f"{start}{place.get('query', '')}"
    address = whole if len(whole) <= qr.LONGEST else start
    return {"address": address, "svg": qr.svg(address)}


def _show_setup(
    case: Case,
    view: View,
    runs: _Runs,
    error: str,
    notice: str,
    ask: Ask,
    reset: Callable[..., None],
    stop: Callable[..., None],
) -> None:
    # the network is one of all clubs
    clubs = [
        {"id": name, "name": case.club_name(name, case.end), "title": club.title}
        for name, club in case.clubs.items()
        if view.page == "simulate"
    ]
    _setup(
        view=_plain(view),
        clubs=clubs,
        shows=[{"id": key, "name": name} for key, name in SHOWS.items()],
        theories=theories(case),
        months=[month_label(m) for m in (case.start, *case.shown) if m < case.end],
        most=MOST_RUNS,
        large=view.present,
        busy=runs.busy,
        error=error or runs.error,
        notice=notice,
        event_apply=ask,
        event_reset=reset,
        event_cancel=stop,
    )


def _plain(view: View) -> dict[str, Any]:
    """A view as the page takes it, months as they are written."""
    months = {key: month_label(getattr(view, key)) for key in ("start", "month", "origin", "by")}
    return {**asdict(view), **months}
