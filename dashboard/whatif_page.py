"""What if: a question, a prediction, and only then what the model finds."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import solara
import solara.lab

from tashkent.dashboard import question
from tashkent.dashboard.answer import (
    ComparisonKey,
    answer,
    baseline_of,
    comparison_ahead,
    comparison_of,
    first_of,
    for_the_sheet,
    is_ready,
    obtain,
    prepare,
    told_of,
)
from tashkent.dashboard.asked import (
    about,
    as_file,
    by_state,
    first_states,
    labels,
    months,
    seat,
    starts,
    states,
    told,
)
from tashkent.dashboard.changes import choices, patch_of
from tashkent.dashboard.found import Found
from tashkent.dashboard.shared import while_wanted
from tashkent.dashboard.view import MOST_RUNS, Ask, Guess, View
from tashkent.dashboard.weights import spoken
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.counterfactual import SUFFIX, Counterfactual
from tashkent.model.errors import InputError
from tashkent.model.patches.inputs import ChangeParameter
from tashkent.model.reading import text_of

#: no answer of few runs yet
_NOTHING: tuple[ComparisonKey, Found] | None = None


@solara.component_vue("question.vue")
def _question(
    settled: bool,
    mine: bool,
    counterfactual: str,
    library: list[dict[str, str]],
    title: str,
    question: str,
    words: list[str],
    choices: dict[str, Any],
    clubs: list[dict[str, str]],
    club: str,
    club_name: str,
    origin: str,
    starts: list[str],
    runs: int,
    seed: int,
    most: int,
    large: bool,
    query: str,
    toml: str,
    file: str,
    command: str,
    longest: int,
    held: str,
    error: str,
    notice: str,
    event_ask: Ask,
    event_extend: Callable[[dict[str, Any]], None],
    event_drop: Callable[[int], None],
    event_name: Callable[[str], None],
    event_upload: Callable[[dict[str, Any]], None],
    event_take_over: Callable[..., None],
    event_reset: Callable[..., None],
) -> None:
    """The question, from the list or put together."""


@solara.component_vue("predict.vue")
def _predict(
    about: str,
    states: list[dict[str, str]],
    club_name: str,
    by: str,
    origin: str,
    months: list[str],
    draft: dict[str, Any],
    first: list[str],
    asked: bool,
    large: bool,
    event_ask: Ask,
    event_commit: Callable[[str], None],
) -> None:
    """Direction and confidence by state."""


@solara.component_vue("answer.vue")
def _answer(
    about: str,
    given: dict[str, Any] | None,
    busy: dict[str, Any] | None,
    error: str,
    title: str,
    file: str,
    club: str,
    club_name: str,
    by: int,
    fitted: int,
    large: bool,
    opens: bool,
    event_cancel: Callable[..., None],
    event_open: Ask,
) -> None:
    """The paired comparison."""


@solara.component_vue("sheet.vue")
def _sheet(
    about: str,
    title: str,
    question: str,
    words: list[str],
    states: list[dict[str, str]],
    club_name: str,
    origin: str,
    by: str,
    at: int,
    runs: int,
    seed: int,
    query: str,
    guess: dict[str, Any],
    given: dict[str, Any] | None,
) -> None:
    """One page on paper."""


@dataclass(frozen=True)
class _Own:
    """What a visitor does to a question of their own: it is asked if it can be, and refused in words otherwise."""

    case: Case
    #: what is looked at by now, which the page may not show yet
    now: Callable[[], View]
    ask: Ask
    refuse: Callable[[str], None]

    @property
    def counterfactual(self) -> Counterfactual | None:
        """The question as it is by now; none as long as it changes nothing."""
        return question.counterfactual_of(self.case, question.OWN, self.now().own)

    def _keep(self, text: str, name: str, *, with_line: bool = False) -> None:
        try:
            text = question.written(question.read(self.case, text, name))
        except InputError as refused:
            self.refuse(question.complaint(refused, text) if with_line else str(refused))
        else:
            self.ask({"own": question.pack(text)})

    def extend(self, *changes: dict[str, Any]) -> None:
        """One change more, or several."""
        try:
            patches = [question.table(patch_of(self.case, change)) for change in changes]
        except InputError as refused:
            self.refuse(str(refused))
            return
        before = (
            question.written(self.counterfactual, ()) if self.counterfactual else question.EMPTY
        )
        self._keep("".join([before, *patches]), "This change")

    def _rewrite(self, **update: Any) -> None:
        if self.counterfactual is not None:
            text = question.written(self.counterfactual.model_copy(update=update), ())
            self._keep(text, "Your question")

    def drop(self, number: int) -> None:
        """Without one of its changes."""
        patches = self.counterfactual.patches if self.counterfactual else ()
        left = tuple(patch for i, patch in enumerate(patches) if i != number)
        if left:
            self._rewrite(patches=left)
        else:
            self.ask({"own": ""})

    def name(self, title: str) -> None:
        """Under another title."""
        self._rewrite(title=str(title)[:80])

    def held(self) -> tuple[tuple[str, float], ...]:
        """What is held on Simulate and is no change of this question."""
        patches = self.counterfactual.patches if self.counterfactual else ()
        changed = {p.parameter: p.value for p in patches if isinstance(p, ChangeParameter)}
        return tuple(pair for pair in self.now().weights if changed.get(pair[0]) != pair[1])

    def take_over(self, *_: object) -> None:
        """With what is held on Simulate among its changes."""
        self.extend(*({"do": "weight", "weight": n, "value": v} for n, v in self.held()))

    def upload(self, given: dict[str, Any]) -> None:
        """Another, from a file."""
        name, coded = str(given.get("name"))[:80], given.get("bytes")
        if not isinstance(coded, str) or int(given.get("size", 0)) > question.LONGEST:
            self.refuse(f"{name} is too large: a question has {question.LONGEST:,} bytes at most.")
        elif not name.lower().endswith(SUFFIX):
            self.refuse(f"{name} is not a TOML file: its name should end in {SUFFIX}.")
        else:
            try:
                text = text_of(base64.b64decode(coded), name)
            except (InputError, binascii.Error) as error:
                self.refuse(str(error))
            else:
                self._keep(text, name, with_line=True)


@dataclass(frozen=True)
class _Comparison:
    """The comparison of a view, as far as it is there."""

    found: Found | None
    #: how far it is; none if it is not under way
    busy: dict[str, Any] | None
    #: why it failed; empty if it did not
    error: str
    cancel: Callable[[], None]


def _use_comparison(case: Case, view: View) -> _Comparison:
    """The comparison that a view needs, made in the background: of few runs first, then of all."""
    done = solara.use_reactive(0)
    early = solara.use_reactive(_NOTHING)
    key = comparison_of(case, view)

    def work() -> tuple[ComparisonKey, Found] | None:
        if key is None:
            return None
        progress = while_wanted(lambda: pairs.is_current(), done.set)
        progress(0)
        first = None if is_ready(case, key) else first_of(key)
        if first is not None:
            early.set((key, obtain(case, first, progress)))
            progress(0)
        return key, obtain(case, key, progress)

    pairs = solara.lab.use_task(work, dependencies=[key], raise_error=False)
    value = pairs.value if pairs.finished else early.value
    found = value[1] if value is not None and value[0] == key else None
    busy = None
    if pairs.pending and key is not None:
        words = told_of(done.value, key.runs, found)
        busy = {"done": max(0, done.value), "of": key.runs, "words": words}
    return _Comparison(
        found=found,
        busy=busy,
        error=f"The comparison failed: {pairs.exception}" if pairs.error else "",
        cancel=pairs.cancel,
    )


def _use_baseline(case: Case, view: View) -> None:
    """The world as it was is run while a prediction is made, if it has to be: it tells nothing of the answer."""
    baseline, key = baseline_of(view), comparison_ahead(case, view)

    def ahead() -> None:
        if baseline is not None and not (key and is_ready(case, key)):
            prepare(case, baseline, while_wanted(lambda: worlds.is_current()))

    worlds = solara.lab.use_task(ahead, dependencies=[baseline, key], raise_error=False)


@solara.component
def WhatIf(
    case: Case,
    view: View,
    now: Callable[[], View],
    error: str,
    notice: str,
    ask: Ask,
    reset: Callable[..., None],
) -> None:
    """The page of counterfactuals; `now` tells the view that was asked for last, which may not be shown yet."""
    counterfactual = question.counterfactual_of(case, view.counterfactual, view.own)
    wrong, set_wrong = solara.use_state("")
    # what was predicted before it was taken back, and of which question
    draft, set_draft = solara.use_state((about(view), view.guess))
    comparison = _use_comparison(case, view)
    _use_baseline(case, view)
    whole = comparison.found
    found = solara.use_memo(
        lambda: None if whole is None else answer(case, whole, view),
        [whole, view.club, view.by, view.guess],
    )

    def please(wanted: dict[str, Any]) -> None:
        set_wrong("")
        ask(wanted)

    def anew(wanted: dict[str, Any]) -> None:
        if now().guess:
            set_draft((about(now()), now().guess))
        please(wanted)

    def commit(text: str) -> None:
        please({"guess": text})

    def stop(*_: object) -> None:
        comparison.cancel()
        anew({"guess": ""})

    own = _Own(case, now, please, set_wrong)
    settled = bool(view.guess) and counterfactual is not None
    with solara.Div(classes=["tk-whatif", *(["tk-settled"] if settled else [])]):
        _ask_question(case, view, counterfactual, own, settled, wrong or error, notice, anew, reset)
        if settled:
            _show_answer(case, view, counterfactual, comparison, found, please, stop)
        else:
            mine = draft[1] if draft[0] == about(view) else ()
            _ask_prediction(case, view, counterfactual, mine, please, commit)
        _show_sheet(case, view, counterfactual, found)


def _ask_question(
    case: Case,
    view: View,
    counterfactual: Counterfactual | None,
    own: _Own,
    settled: bool,
    error: str,
    notice: str,
    ask: Ask,
    reset: Callable[..., None],
) -> None:
    mine = view.counterfactual == question.OWN
    held = own.held() if mine else view.weights
    _question(
        settled=settled,
        mine=mine,
        counterfactual=view.counterfactual,
        library=[{"id": q.id, "title": q.title} for q in question.library(case).values()],
        **told(case, counterfactual),
        choices=choices(case),
        clubs=[{"id": c, "name": case.club_name(c, view.by)} for c in case.clubs],
        club=view.club,
        **labels(case, view),
        starts=[month_label(m) for m in starts(case, counterfactual)],
        runs=view.runs,
        seed=view.seed,
        most=MOST_RUNS,
        large=view.present,
        query=replace(view, guess=()).question_query(),
        **as_file(view, counterfactual),
        longest=question.LONGEST,
        held=spoken(held) if held else "",
        error=error,
        notice=notice,
        event_ask=ask,
        event_extend=own.extend,
        event_drop=own.drop,
        event_name=own.name,
        event_upload=own.upload,
        event_take_over=own.take_over,
        event_reset=reset,
    )


def _show_answer(
    case: Case,
    view: View,
    counterfactual: Counterfactual | None,
    comparison: _Comparison,
    found: dict[str, Any] | None,
    ask: Ask,
    stop: Callable[..., None],
) -> None:
    _answer(
        about=about(view),
        given=found,
        busy=comparison.busy,
        error=comparison.error,
        title=counterfactual.title if counterfactual else "",
        file=counterfactual.id if counterfactual else "",
        club=view.club,
        club_name=case.club_name(view.club, view.by),
        by=view.by,
        fitted=case.fit_until,
        large=view.present,
        opens=True,
        event_cancel=stop,
        event_open=lambda seat: ask({**seat, "page": "state"}),
    )


def _ask_prediction(
    case: Case,
    view: View,
    counterfactual: Counterfactual | None,
    draft: tuple[Guess, ...],
    ask: Ask,
    commit: Callable[[str], None],
) -> None:
    _predict(
        about=about(view),
        states=[{**s, "seat": seat(case, view.club, view.origin, s["id"])} for s in states(case)],
        **labels(case, view),
        by=month_label(view.by),
        months=[month_label(m) for m in months(case, view.origin, counterfactual)],
        draft=by_state(draft),
        first=first_states(case, counterfactual, view.club),
        asked=counterfactual is not None,
        large=view.present,
        event_ask=ask,
        event_commit=commit,
    ).key(about(view))


def _show_sheet(
    case: Case, view: View, counterfactual: Counterfactual | None, found: dict[str, Any] | None
) -> None:
    _sheet(
        about=about(view),
        **told(case, counterfactual),
        states=states(case),
        **labels(case, view),
        by=month_label(view.by),
        at=view.by,
        runs=view.runs,
        seed=view.seed,
        query=view.question_query(),
        guess=by_state(view.guess),
        given=None if found is None else for_the_sheet(found, view.by),
    )
