"""A handout: one file for a class without a server, which opens from a stick: the record, many runs, and questions.

It is made of the parts of the dashboard (``*.vue``, ``style.css``) with a small page of its own around them
(``handout.vue``), and shows the same numbers: what the server would have computed for the usual starts is in the file.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from tashkent.dashboard import question
from tashkent.dashboard.asked import first_states, months, seat, states, told
from tashkent.dashboard.found import found_of
from tashkent.dashboard.glossary import as_data
from tashkent.dashboard.results import compute, score_rows, wish_of
from tashkent.dashboard.scene import facts, frames, record_of, scene
from tashkent.dashboard.view import PAGES, default
from tashkent.experiments.codebook import CODEBOOK
from tashkent.experiments.compare import compare, history_of
from tashkent.experiments.pair import Pair
from tashkent.model.arguments import runs_of, seed_of
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.counterfactual import Counterfactual, load_counterfactual
from tashkent.model.errors import InputError
from tashkent.model.record import Ensemble
from tashkent.model.workers import Progress

HERE = Path(__file__).parent
#: what is written beside the manifest: the page, and its main numbers as tables
PAGE, SHARES, ANSWERS = "index.html", "p_in.csv", "answers.csv"
FILES = (PAGE, SHARES, ANSWERS, CODEBOOK)
#: fewest runs: one has no error
LEAST_RUNS = 2
#: numbers in the file are whole: this many times the share
SCALE = 10_000


@dataclass(frozen=True)
class Component:
    """What a part of the dashboard is given, and what it tells."""

    props: tuple[str, ...]
    events: tuple[str, ...]


#: the parts of the dashboard that a handout is made of
PARTS: Mapping[str, Component] = {
    "header": Component(
        ("title", "pages", "page", "query", "large", "words", "board", "code"),
        ("goto", "present", "theme", "back", "share"),
    ),
    "player": Component(("first", "last", "month", "spoken", "begins"), ()),
    "stage": Component(
        (
            *("scene", "record", "facts", "made", "score", "held", "club", "club_name", "show"),
            *("month", "state", "large", "opens", "until", "later", "play", "watch", "tale"),
        ),
        ("moved", "open", "goto"),
    ),
    "predict": Component(
        (
            *("about", "states", "club_name", "by", "origin", "months", "draft", "first", "asked"),
            "large",
        ),
        ("ask", "commit"),
    ),
    "answer": Component(
        (
            *("about", "given", "busy", "error", "title", "file", "club", "club_name", "by"),
            *("fitted", "large", "opens"),
        ),
        ("cancel", "open"),
    ),
    "sheet": Component(
        (
            *("about", "title", "question", "words", "states", "club_name", "origin", "by", "at"),
            *("runs", "seed", "query", "guess", "given"),
        ),
        (),
    ),
    "handout": Component(("told",), ()),
}


@dataclass(frozen=True)
class Handout:
    """The page, and its main numbers as tables."""

    case: Case
    page: str
    #: P(in) of each seat at the end of each year
    shares: pd.DataFrame
    #: each answer for the month that its question asks about
    answers: pd.DataFrame


def questions_of(case: Case, names: Sequence[str]) -> list[Counterfactual]:
    """The questions of a handout: those that are named, as `tashkent compare` takes them, or all of the case.

    Raises
    ------
    InputError
        If there is none of a name, if it does not fit the case, or if two have one id.
    """
    found = (
        [load_counterfactual(name, case) for name in dict.fromkeys(names)]
        if names
        else list(question.library(case).values())
    )
    known = set()
    for each in found:
        each.apply(case)
        for start in each.starts:
            case.start_month(start, f"{each.id}.starts")
        if each.id in known:
            raise InputError("--questions", "id", each.id, "another id for each question")
        known.add(each.id)
    return found


def make_handout(
    case: Case,
    questions: Sequence[Counterfactual],
    *,
    runs: int,
    seed: int,
    progress: Progress | None = None,
) -> Handout:
    """Run the case and its questions, and put what is found on one page.

    Parameters
    ----------
    case
        The case.
    questions
        What is asked of it (`questions_of`), each from the last start that it suggests.
    runs, seed
        Runs of the case and of each world of a question, and what keys every draw.
    progress
        Called with runs done and runs to do.

    Raises
    ------
    InputError
        If a question does not fit the case, or runs and seed are no such numbers.
    """
    runs, seed = runs_of(runs, "export", LEAST_RUNS), seed_of(seed, "export")
    all_runs, before = runs * (1 + len(questions)), 0

    def tell(done: int) -> None:
        if progress is not None:
            progress(before + done, all_runs)

    wish = wish_of(replace(default(case), runs=runs, seed=seed))
    assert wish is not None
    ensemble = compute(case, wish, tell)
    asked: dict[str, dict[str, Any]] = {}
    answers: list[pd.DataFrame] = []
    starts = {each.id: question.usual_origin(case, each) for each in questions}
    in_order = sorted(questions, key=lambda each: starts[each.id])
    for start, together in groupby(in_order, key=lambda each: starts[each.id]):
        history = history_of(case, runs=runs, seed=seed, start=start)
        for each in together:
            before += runs
            tell(0)
            found = compare(
                case, each, runs=runs, seed=seed, start=month_label(start), history=history
            )
            asked[each.id], table = _asked(case, each, found.pairs[0])
            answers.append(table)
    content = {
        **_shown(case, ensemble),
        "questions": [asked[each.id] for each in questions],
    }
    if progress is not None:
        progress(all_runs, all_runs)
    table = pd.concat(answers, ignore_index=True) if answers else pd.DataFrame({"question": []})
    return Handout(case, _page(case.title, content), _shares(ensemble), table)


# what is on the page --------------------------------------------------------------------------------


def _shown(case: Case, ensemble: Ensemble) -> dict[str, Any]:
    """The case, its record and its runs, club by club."""
    names = {"simulate": PAGES["simulate"], "whatif": PAGES["whatif"]}
    return {
        "title": case.title,
        "case": case.id,
        "hash": case.hash,
        "version": version("tashkent"),
        "runs": ensemble.runs,
        "seed": ensemble.seed,
        "pages": [{"id": key, "name": name} for key, name in names.items()],
        "words": as_data(case),
        "scene": scene(case),
        "states": states(case),
        "focus": default(case).club,
        "clubs": [_club(case, ensemble, club) for club in case.clubs],
    }


def _club(case: Case, ensemble: Ensemble, club: str) -> dict[str, Any]:
    names = [(m, case.club_name(club, m)) for m in case.months]
    told_of = facts(case, club).items()
    return {
        "id": club,
        "title": case.clubs[club].title,
        # a name from a month on
        "names": [next(same) for _, same in groupby(names, key=lambda pair: pair[1])],
        "record": record_of(case, club),
        # without what leads to other pages
        "facts": {month: [[*row[:2], None] for row in rows] for month, rows in told_of},
        "made": _packed_frames(frames(ensemble, club)),
        "score": score_rows(ensemble, club),
    }


def _packed_frames(made: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **made,
        **{key: [packed(row) for row in json.loads(made[key])] for key in ("p", "part")},
    }


def _asked(case: Case, asked: Counterfactual, pair: Pair) -> tuple[dict[str, Any], pd.DataFrame]:
    """A question with its answer in every club, and as a table that of the month that is asked about."""
    by = max(question.usual_month(case, asked, pair.start), pair.start + 1)
    made = found_of(case, pair)
    found = made.clubs
    first = next(iter(found.values()))
    shown = {
        "id": asked.id,
        **told(case, asked),
        "by": by,
        "months": [month_label(m) for m in months(case, pair.start, asked)],
        "common": {key: first[key] for key in first if key not in ("series", "record")},
        "clubs": {
            club: {
                "series": _packed_series(found[club]["series"]),
                "record": found[club]["record"],
                "found": [packed(row) for row in made.letters[club]],
                "first": first_states(case, asked, club),
                "seats": {s: seat(case, club, pair.start, s) for s in case.deciders},
            }
            for club in case.clubs
        },
    }
    rows = [
        {
            "question": asked.id,
            "start": month_label(pair.start),
            "club": club,
            "state": state,
            "month": month_label(by),
            **{
                name: values[i][by - pair.start]
                for name, values in json.loads(found[club]["series"]).items()
            },
            "found": made.direction(club, state, by),
        }
        for club in case.clubs
        for i, state in enumerate(case.deciders)
    ]
    return shown, pd.DataFrame(rows)


def _packed_series(text: str) -> dict[str, list[list[Any]]]:
    """The series of an answer in whole numbers."""

    def whole(value: float | None) -> int | None:
        return None if value is None else round(SCALE * value)

    return {
        name: [packed(whole(v) for v in row) for row in rows]
        for name, rows in json.loads(text).items()
    }


def packed(values: Iterable[Any]) -> list[Any]:
    """Values in which what is repeated stands once, with how often.

    Examples
    --------
    >>> packed([0, 0, 0, 1, 2, 2])
    [[0, 3], 1, [2, 2]]
    """
    found = ((value, len(list(same))) for value, same in groupby(values))
    return [value if many == 1 else [value, many] for value, many in found]


def _page(title: str, content: Mapping[str, Any]) -> str:
    """The file: nothing in it is fetched from anywhere."""
    # a tag cannot end the script that it stands in
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    parts = {
        "title": title.replace("&", "&amp;").replace("<", "&lt;"),
        "style": _text("style.css"),
        "told": data,
        "vue": _text("vue.min.js"),
        "parts": "\n".join(_component(name, part) for name, part in PARTS.items()),
    }
    return re.sub(r"@@(\w+)@@", lambda found: parts[found[1]], _text("handout.html"))


def _component(name: str, part: Component) -> str:
    """A part as text of JavaScript."""
    template, script = re.split(r"</template>\s*<script>", _text(f"{name}.vue"))
    template = template.strip().removeprefix("<template>")
    script = script.strip().removesuffix("</script>")
    heads = (json.dumps(value).replace("</", "<\\/") for value in (name, part.props, part.events))
    body = json.dumps(template, ensure_ascii=False).replace("</", "<\\/")
    return f"part({', '.join(heads)}, {body}, module => {{{script}}});"


def _text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


# tables ---------------------------------------------------------------------------------------------


def _shares(ensemble: Ensemble) -> pd.DataFrame:
    """P(in) of each seat in December: state, club, month, p_in."""
    table: pd.DataFrame = ensemble.seat_table()
    last = table["month"].str.endswith("-12")
    return table.loc[last, ["state", "club", "month", "p_in"]].reset_index(drop=True)
