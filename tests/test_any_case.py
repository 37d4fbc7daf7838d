"""Nothing outside the shipped case says a word of it: no label, message or page; every command takes another."""

import ast
import os
import re
from collections.abc import Iterable, Iterator
from datetime import date

import pytest

from publish import transfer
from tashkent import cli
from tashkent.cli.new_case import SKELETON
from tashkent.dashboard import results, server
from tashkent.experiments.design import read_design
from tashkent.model.case import Case
from tashkent.model.explain import explain
from tashkent.model.patches.events import AddEvent
from tashkent.model.patches.words import in_words
from tashkent.model.simulate import prior_parameters
from tashkent.model.words import story
from tests import cases
from tests.commands import call, names
from tests.test_house import FOLDERS, ROOT, modules, parse

#: words of the first case that its tables do not have
MORE = (
    "Soviet",
    "post-Soviet",
    "Moscow",
    "Kremlin",
    "NATO",
    "CSTO",
    "CIS",
    "Eurasia",
    "Central Asia",
)


def docstrings(tree: ast.AST) -> set[ast.expr]:
    """What documents a module, a class or a function; examples there are of the shipped case."""
    found = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            found.add(body[0].value)
    return found


def said(texts: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every text in the code that may be shown, with where it stands."""
    for path, text in texts.items():
        tree = parse(text)
        told = docstrings(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in told:
                yield f"{path}:{node.lineno}", node.value


def words_of(case: Case) -> re.Pattern[str]:
    """What names the case, its states and its clubs."""
    states = [word for s in case.states for word in (s.state, s.name)]
    clubs = [
        word for code, club in case.clubs.items() for word in (code, *(n.name for n in club.names))
    ]
    known = sorted({*states, *clubs, case.title, *MORE}, key=len, reverse=True)
    return re.compile(rf"\b({'|'.join(map(re.escape, known))})\b")


def foreign(texts: Iterable[tuple[str, str]], case: Case) -> list[str]:
    """Texts that say a word of the case."""
    known = words_of(case)
    return [f"{at} {text[:60]!r}" for at, text in texts if known.search(text)]


#: what is known of the world names who leads a side at the United Nations, and a member of another pact
OF_THE_WORLD = ("model/evidence/world.py", "calibration/panel.py")


@pytest.fixture(scope="module")
def texts() -> list[tuple[str, str]]:
    """What the code may show, but for cases themselves and what is known of the world."""
    elsewhere = ("model/cases/", "publish", *OF_THE_WORLD)
    return list(said({p: t for p, t in modules().items() if not p.startswith(elsewhere)}))


@pytest.mark.slow
def test_no_label_and_no_message_says_a_word_of_a_case(
    texts: list[tuple[str, str]], shipped: Case
) -> None:
    assert foreign(texts, shipped) == []


@pytest.mark.slow
def test_no_page_says_a_word_of_a_case(shipped: Case) -> None:
    known = words_of(shipped)
    pages = [
        p for folder in FOLDERS for kind in ("*.vue", "*.css") for p in (ROOT / folder).glob(kind)
    ]
    assert pages
    lines = [(p.name, line) for p in pages for line in p.read_text(encoding="utf-8").splitlines()]
    # what the map says of its own borders is of the map
    assert [at for at in lines if known.search(at[1]) and "Borders: " not in at[1]] == []


def test_a_word_of_the_first_case_is_found(case: Case) -> None:
    bad = {
        "a.py": 'def f():\n    """Of UZB."""\n    return f"{x} left the CSTO"',
        "b.py": 'A = "cst"',
    }
    assert foreign(said(bad), case) == ["a.py:3 ' left the CSTO'"]


def test_labels_are_said_as_they_are_written(minimal: Case) -> None:
    threats = {
        name: t.model_copy(update={"label": "ECOWAS itself"}) for name, t in minimal.threats.items()
    }
    case = minimal.varied(threats=threats)
    draws = prior_parameters(case, runs=20, seed=1)
    lines = story(explain(case, "ARV", minimal.month("2004-07", ""), draws))
    assert any("“ECOWAS itself”" in line for line in lines)
    assert not any("eCOWAS" in line for line in lines)
    patch = AddEvent.model_validate(
        {
            "do": "add_event",
            "event": "X",
            "date": date(2003, 1, 1),
            "label": "A raid",
            "states": ["ARV"],
            "kind": "threat",
            "about": "raids",
            "sign": 1,
        },
        strict=False,
    )
    assert "“ECOWAS itself”" in in_words(case, patch)


#: commands that take a case otherwise: by argument, with what they read, or none
BY_OTHER_MEANS = {
    "case check",
    "case new",
    "case list",
    "evidence build",
    "archive",
    "reproduce",
    "tables",
}


def test_every_command_takes_a_case() -> None:
    groups = {
        "": cli.commands,
        **{g.name: g.typer_instance for g in cli.commands.registered_groups},
    }
    taking = {
        f"{group} {command.name or command.callback.__name__}".strip()  # type: ignore[union-attr]
        for group, app in groups.items()
        for command in app.registered_commands  # type: ignore[union-attr]
        if "case" in command.callback.__annotations__ and group == ""
    }
    assert set(names()) - taking == BY_OTHER_MEANS


def test_a_sweep_of_another_case_than_the_one_its_design_names() -> None:
    design = {
        "method": "grid",
        "runs": 2,
        "outcomes": ["in(ARV, PACT, 2005-12)"],
        "factor": [{"vary": "parameter", "parameter": "contagion", "values": [0.25, 1.0]}],
    }
    assert read_design(design, case=str(SKELETON)).case.id == "minimal"
    with pytest.raises(ValueError, match="ARV"):
        read_design(design)


def test_the_dashboard_shows_the_case_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "serve", lambda *_, **__: None)
    monkeypatch.setattr(server, "check", lambda *_: None)
    monkeypatch.setenv(results.CASE_VARIABLE, "cst")
    assert call("app", "--case", str(SKELETON), "--no-open") == 0
    assert os.environ[results.CASE_VARIABLE] == str(SKELETON)
    assert call("app", "--case", "nowhere", "--no-open") == 2
    assert os.environ[results.CASE_VARIABLE] == str(SKELETON)


def test_a_word_of_another_case_is_seen_where_a_case_speaks() -> None:
    """What `make cases` looks for: names of other cases, but for those that the case itself uses."""
    assert cases.foreign("ecowas", "Uzbekistan and Mali joined the TIAR.") == ["TIAR", "Uzbekistan"]
    assert cases.foreign("rio", "Peru left the CSTO.") == ["CSTO"]


@pytest.mark.slow
def test_what_cases_are_worth_to_each_other_was_found_of_them_as_they_are(shipped: Case) -> None:
    manifest, _ = transfer.read(ROOT)
    assert manifest["cases"][shipped.id] == shipped.hash, "make transfer"
