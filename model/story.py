"""A story: the history of one state in a few steps, told beside a case, with stops to predict what comes next.

`story.toml` of a case holds it. Nothing in it informs a run or a fit: whether a prediction is right says the record.
"""

from typing import Any

from pydantic import Field

from tashkent.model.case import Case
from tashkent.model.case.tables import STORY, TableRow
from tashkent.model.counterfactual import shipped_counterfactuals
from tashkent.model.errors import InputError, unknown
from tashkent.model.reading import file_text, toml_table, validated

SCHEMA = 1


class Prediction(TableRow):
    """What is asked before the story goes on: is the state in the club at the end of the month?"""

    month: str
    #: the story's own club if empty
    club: str = ""


class Step(TableRow):
    """A month, what happened up to it, and perhaps what is to be predicted before the next step."""

    month: str
    title: str = Field(min_length=1)
    text: str = Field(min_length=1)
    source: str
    predict: Prediction | None = None


class Story(TableRow):
    """The story of a state and a club."""

    title: str = Field(min_length=1)
    #: a line that says what to watch while the record plays
    watch: str = Field(min_length=1)
    state: str
    club: str
    #: the counterfactual that *What if* and a class begin with; the first of the case if empty
    question: str = ""
    step: tuple[Step, ...] = Field(min_length=1)


def load_story(case: Case) -> Story | None:
    """The story beside a case, checked; none if there is none.

    Raises
    ------
    InputError
        If the file is no TOML, or a key, name, source or month in it is not valid.
    """
    path = case.path / STORY
    if not path.exists():
        return None
    table: dict[str, Any] = toml_table(file_text(path, STORY), STORY)
    schema = table.pop("schema", SCHEMA)
    if type(schema) is not int or schema != SCHEMA:
        raise InputError(STORY, "schema", schema, str(SCHEMA))
    steps = table.get("step", [])
    table["step"] = tuple(steps) if isinstance(steps, list) else steps
    found: Story = validated(Story, table, STORY, "story")
    _check(found, case)
    return found


def _check(story: Story, case: Case) -> None:
    questions = [found.id for found in shipped_counterfactuals(case)]
    if story.question and story.question not in questions:
        raise unknown(STORY, "question", story.question, questions)
    if story.state not in case.deciders:
        raise unknown(STORY, "state", story.state, case.deciders)
    if story.club not in case.clubs:
        raise unknown(STORY, "club", story.club, tuple(case.clubs))
    before = case.start - 1
    for number, step in enumerate(story.step, start=1):
        key = f"step {number}"
        month = case.month(step.month, f"{key}.month", STORY)
        if month <= before:
            raise InputError(STORY, f"{key}.month", step.month, "a month after the step before")
        before = month
        for source in (code.strip() for code in step.source.split(";")):
            if source not in case.sources:
                raise unknown(STORY, f"{key}.source", source, tuple(case.sources))
        if step.predict is None:
            continue
        if step.predict.club and step.predict.club not in case.clubs:
            raise unknown(STORY, f"{key}.predict.club", step.predict.club, tuple(case.clubs))
        if case.month(step.predict.month, f"{key}.predict.month", STORY) <= month:
            allowed = "a month after that of the step"
            raise InputError(STORY, f"{key}.predict.month", step.predict.month, allowed)
