"""The law in words, on a day and from regime to regime."""

from datetime import date

import pytest

from tashkent.model import lawbook
from tashkent.model.case import Case
from tashkent.model.errors import InputError
from tashkent.model.statutes import KINDS, Statute

ENOUGH = {
    "id": "X",
    "club": "PACT",
    "instrument": "Treaty",
    "article": "",
    "from": date(2001, 1, 1),
    "text": "A rule.",
    "source": "TALE",
}


def statute(kind: str, **given: object) -> Statute:
    return KINDS[kind].model_validate(ENOUGH | {"kind": kind} | given)


def test_the_rules_of_a_day_in_words(minimal: Case) -> None:
    text = lawbook.rules_text(minimal, date(2004, 7, 1), "PACT")
    assert text.startswith(
        "An invented pact and its rival, 2001-2010\nRules in force on 2004-07-01\n\n"
        "PACT (Pact): Pact of mutual help\n\n"
    )
    assert (
        "  PACT-term: term\n"
        "    Treaty of the Pact, Article 3\n"
        "    In force from 2001-07-01 to 2004-07-01\n"
        "    The treaty runs three years; who does not sign for more is out.\n"
        "    years: 3; renewal: by signature; months between what is known and the\n"
        "    decision: 1\n"
        "    Source: TALE\n"
    ) in text
    assert text.endswith("\nSources\n  TALE: Invented for this example.")
    assert "PACT-protocol" not in text
    assert "RING" not in text
    assert "PACT-protocol" in lawbook.rules_text(minimal, date(2004, 7, 2))
    assert "RING-entry" in lawbook.rules_text(minimal, date(2004, 7, 2))


def test_a_day_without_rules(minimal: Case) -> None:
    assert lawbook.rules_text(minimal, date(1999, 1, 1)).endswith("\n\nNone.")
    assert lawbook.rules_json(minimal, date(1999, 1, 1))["clubs"] == {}


def test_changes_from_regime_to_regime(minimal: Case) -> None:
    text = lawbook.changes_text(minimal)
    assert (
        "\n2004-07-02\n"
        "  - PACT  PACT-term: term. Treaty of the Pact, Article 3\n"
        "  + PACT  PACT-protocol: term. Protocol to the Treaty of the Pact, Article 1\n"
    ) in text
    flat = " ".join(text.split())
    changed = "renewal: by signature -> by itself; "
    changed += "months between what is known and the decision: 1 -> 0"
    assert f"PACT-term -> PACT-protocol: {changed}" in flat
    assert "RING" not in lawbook.changes_text(minimal, "PACT")


def test_every_beginning_and_end_is_a_change(case: Case) -> None:
    found = lawbook.changes(case)
    began = [s.id for change in found for s in change.began]
    ended = [s.id for change in found for s in change.ended]
    assert sorted(began) == sorted(s.id for s in case.statutes)
    assert sorted(ended) == sorted(s.id for s in case.statutes if s.until is not None)
    assert [c.day for c in found] == sorted(c.day for c in found)


def test_what_replaces_what_in_the_pact(case: Case) -> None:
    swaps = {s.new.id: s for change in lawbook.changes(case, "CST") for s in change.replaced}
    assert swaps["CST-P1999"].old.id == "CST-11-term"
    assert swaps["CST-P1999"].numbers["renewal"] == ("opt_in", "automatic")
    for swap in swaps.values():
        assert (swap.old.club, type(swap.old)) == (swap.new.club, type(swap.new))
        assert swap.old.until == swap.new.from_


def test_laws_of_two_states_do_not_replace_each_other() -> None:
    old = statute("lock", id="old", state="ARV", effect="dear", until=date(2005, 1, 1))
    new = statute("lock", id="new", state="BOR", effect="closed", **{"from": date(2005, 1, 1)})
    assert lawbook._replaced((old,), (new,)) == ()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"until": None}, "from 2001-01-01"),
        ({"until": date(2001, 1, 2)}, "on 2001-01-01 only"),
        ({"until": date(2001, 3, 1)}, "from 2001-01-01 to 2001-02-28"),
    ],
)
def test_the_span_of_a_statute_counts_both_ends(given: dict[str, object], words: str) -> None:
    assert lawbook.span(statute("withdrawal", notice_months=6, **given)) == words


@pytest.mark.parametrize(
    ("article", "words"),
    [("", "Treaty"), ("20", "Treaty, Article 20"), ("Annex", "Treaty, Annex")],
)
def test_instrument_and_article(article: str, words: str) -> None:
    given = statute("withdrawal", notice_months=6, article=article)
    assert lawbook.provision(given) == words


def test_an_open_question_is_shown_with_the_other_reading() -> None:
    asked = statute(
        "withdrawal",
        notice_months=6,
        ambiguity="Can a member leave on its own?",
        other_reading={"notice_months": 24},
    )
    words = "Open question: Can a member leave on its own?; other reading: months of notice: 24"
    assert lawbook.open_question(asked) == words
    assert lawbook.open_question(statute("withdrawal", notice_months=6)) == ""
    assert words in "\n".join(lawbook._statute_lines(asked, 200))
    assert words in lawbook._statute_markdown(asked)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, ""),
        ({"signed": date(2000, 6, 1)}, "Signed on 2000-06-01"),
        ({"separate": True}, "Binds only who joins it"),
        (
            {"signed": date(2000, 6, 1), "separate": True},
            "Signed on 2000-06-01; binds only who joins it",
        ),
    ],
)
def test_who_signed_when_and_whom_it_binds(given: dict[str, object], words: str) -> None:
    asked = statute("forces", covers=["external"], interim=False, **given)
    assert lawbook.signing(asked) == words
    text, facts = lawbook._statute_lines(asked, 200), "\n".join(lawbook._statute_markdown(asked))
    assert ("    " + words in list(text)) == bool(words)
    assert ("* signing: " in facts) == bool(words)
    assert words.lower() in facts.lower()


def test_signing_and_separateness_are_words_and_no_numbers(minimal: Case) -> None:
    (club,) = lawbook.rules_json(minimal, date(2009, 1, 1), "PACT")["clubs"].values()
    brigade = next(rule for rule in club["rules"] if rule["id"] == "PACT-brigade")
    assert (brigade["signed"], brigade["separate"]) == ("2007-06-15", True)
    assert set(brigade["numbers"]) == {"covers", "interim"}
    text = lawbook.rules_text(minimal, date(2009, 1, 1), "PACT")
    assert "  PACT-regions: regions\n" in text
    assert "    elsewhere: 0.5\n" in text


def test_whatever_a_kind_adds_is_among_its_numbers() -> None:
    shared = {field.alias or name for name, field in Statute.model_fields.items()}
    assert shared | {"kind"} == set(lawbook.WORDED)
    rule = statute("withdrawal", notice_months=6)
    assert lawbook.numbers(rule)["notice_months"] == 6
    assert not set(lawbook.numbers(rule)) & set(lawbook.WORDED)


@pytest.mark.parametrize("width", [40, 80, 100])
def test_no_line_is_longer_than_the_page(case: Case, width: int) -> None:
    days = [change.day for change in lawbook.changes(case)]
    pages = [lawbook.changes_text(case, width=width)]
    pages += [lawbook.rules_text(case, day, width=width) for day in days]
    assert max(len(line) for page in pages for line in page.splitlines()) <= width


def test_the_rulebook_holds_every_statute_and_source(case: Case) -> None:
    text = lawbook.rulebook(case)
    assert "`make docs`" in text.splitlines()[2]
    for rule in case.statutes:
        assert text.count(f"### `{rule.id}`\n") == 1
    assert text.count("\n## ") == len(case.clubs) + 2


def test_another_case_says_how_its_rulebook_is_made(minimal: Case) -> None:
    assert "`tashkent law --case FOLDER --markdown`" in lawbook.rulebook(minimal)


def test_markdown_in_a_text_is_no_markup() -> None:
    assert lawbook._md("a|b *c* <d> [e] _f_ g_h") == r"a\|b \*c\* \<d> \[e\] \_f\_ g_h"


@pytest.mark.parametrize(
    "text", ["", "1999", "1999-4-1", "19990401", "1999-02-30", "0000-01-01", "today", "1999-04-01 "]
)
def test_a_day_that_is_none(minimal: Case, text: str) -> None:
    with pytest.raises(InputError, match=r"minimal: DATE: .* written YYYY-MM-DD"):
        lawbook.parse_day(minimal, text)


def test_the_last_day_of_the_case_by_default(minimal: Case) -> None:
    assert lawbook.parse_day(minimal, None) == date(2010, 12, 31)
