"""Sheets of lessons: one page each in both sizes, with all questions of the lesson and room to write under them."""

import re
from pathlib import Path

import pytest

from publish import lessons, sheets
from publish.page import ROOT

NAMES = [*lessons.LESSONS]


def sheet(name: str) -> sheets.Sheet:
    return sheets.sheet_of((ROOT / lessons.FOLDER / f"{name}.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_a_sheet_has_the_questions_of_its_lesson_and_no_marks(name: str) -> None:
    text = (ROOT / lessons.FOLDER / f"{name}.md").read_text(encoding="utf-8")
    part = text[text.index("## Questions") : text.index("## Key")]
    found = sheet(name)
    assert len(found.questions) == len(re.findall(r"^\d\. ", part, re.MULTILINE)) > 0
    words = " ".join([found.title, found.aims, *found.questions])
    assert not re.search(r"[*`\[\]{}]|\.md", words)


def test_a_lesson_that_predicts_has_a_table_for_it_and_the_seats_of_all_who_choose() -> None:
    found = {name[0]: sheet(name).predicts for name in NAMES}
    assert found == {
        **dict.fromkeys("1278", ""),
        **dict.fromkeys("346", "change"),
        "5": "seat",
    }
    assert sheets.PREDICTIONS["seat"][1] == 8


def test_a_sheet_says_version_terms_and_source() -> None:
    told = sheets.made_of()
    assert re.match(r"tashkent \d+\.\d+\.\d+\S*, words and code: MIT licence\. ", told)
    assert "Rozanov, A. and Douhan, A. (2013)" in told
    drawn = sheets.drawn(sheet(NAMES[0]), sheets.SIZES["letter"]).texts
    small = [text.get_text() for text in drawn if text.get_fontsize() == sheets.FOOT]
    assert " ".join(small) == told


def test_a_sheet_does_not_give_its_answer_away() -> None:
    words = " ".join([sheet("6-what-if").aims, *sheet("6-what-if").questions])
    assert "before its effect" not in words


@pytest.mark.slow
@pytest.mark.parametrize("size", sheets.SIZES)
def test_a_sheet_is_one_page_of_its_size_with_nothing_over_its_edge(size: str) -> None:
    inches = sheets.SIZES[size]
    for name in NAMES:
        figure = sheets.drawn(sheet(name), inches)
        renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
        boxes = [text.get_window_extent(renderer) for text in figure.texts]
        right = (inches[0] - sheets.MARGIN + 0.05) * figure.dpi
        assert max(box.x1 for box in boxes) <= right, name
        rules = [line.get_ydata()[0] for line in figure.lines] or [
            artist.get_ydata()[0]
            for artist in figure.get_children()
            if hasattr(artist, "get_ydata")
        ]
        assert min(rules) * inches[1] >= sheets.MARGIN - 0.01, name
        # no line to write on goes through words
        for box in boxes:
            low, high = box.y0 / figure.bbox.height, box.y1 / figure.bbox.height
            assert not any(low + 0.002 < y < high - 0.002 for y in rules), name


@pytest.mark.slow
def test_they_are_written_the_same_each_time(tmp_path: Path) -> None:
    one = sheets.write_sheets(tmp_path / "one", NAMES[:1])
    two = sheets.write_sheets(tmp_path / "two", NAMES[:1])
    assert [path.name for path in one] == ["1-the-record-a4.pdf", "1-the-record-letter.pdf"]
    for first, second in zip(one, two, strict=True):
        assert first.read_bytes() == second.read_bytes()
        assert len(re.findall(rb"/Type /Page\b", first.read_bytes())) == 1


@pytest.mark.slow
def test_words_that_leave_no_room_are_refused() -> None:
    crowded = sheets.Sheet("T", "A", ("why " * 200,) * 8, predicts="change")
    with pytest.raises(ValueError, match="lines are left for each answer"):
        sheets.drawn(crowded, sheets.SIZES["letter"])
