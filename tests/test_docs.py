"""The pages under docs/ keep up with the code: every kind, key, column, act and status is described."""

import csv
import re
import shutil
import tomllib
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, TypeAdapter

from tashkent.agents import acts
from tashkent.agents.terms import TERMS
from tashkent.calibration.measures.measure import KINDS as MEASURES
from tashkent.calibration.measures.reading import signature
from tashkent.cli.new_case import SKELETON
from tashkent.experiments.outcomes import outcome_words
from tashkent.model.case import Case, load_case, tables
from tashkent.model.case.tables import TABLES
from tashkent.model.lawbook import rulebook
from tashkent.model.statuses import Act, Status
from tashkent.model.statutes import KINDS, AnyStatute, Statute

DOCS = Path(__file__).parents[1] / "docs"
#: one of those that only some laws ask for
PARAMETER = '{} = {{ role = "{}", mean = -2, sd = 1, unit = "log-odds", reason = "Rare.", source = "TALE" }}\n'
OPTIONAL = [name for names in acts.OPTIONAL.values() for name in names]
PAGE = (DOCS / "cases.md").read_text(encoding="utf-8")
#: table -> the classes of its rows, and of tables within them
ROWS: dict[str, tuple[type[BaseModel], ...]] = {
    "case.toml": (tables.Head,),
    "states.csv": (tables.State,),
    "threats.toml": (tables.Threat,),
    "clubs.toml": (tables.Club, tables.ClubName),
    "openness.csv": (tables.Opening,),
    "requests.csv": (tables.Request,),
    "events.csv": (tables.Event,),
    "record.csv": (tables.Entry,),
    "parameters.toml": (tables.Parameter,),
    "theories.toml": (tables.Theory,),
    "evidence/composites.csv": (tables.Composite,),
    "evidence/rivalry.csv": (tables.Rivalry,),
    "evidence/bonds.csv": (tables.Bond,),
}


def sections(level: str, text: str = PAGE) -> dict[str, str]:
    """The parts of a page under headings of one level, by the first code in the heading, or its words."""
    parts = re.split(rf"^{level} (.+)$", text, flags=re.MULTILINE)
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    return {(re.findall(r"`([^`]+)`", head) or [head])[0]: body for head, body in pairs}


def keys(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def words(annotation: Any) -> Iterator[str]:
    """The words that a key may hold, where they are listed in the code."""
    for part in get_args(annotation):
        if isinstance(part, str):
            yield part
        yield from words(part)


def untold(names: Any, text: str) -> list[str]:
    told = {word.strip('"') for word in re.findall(r"`([^`\n]+)`", text)}
    return [name for name in names if name not in told]


def lower(members: type[IntEnum]) -> list[str]:
    return [member.name.lower() for member in members]


def test_every_table_has_its_section() -> None:
    assert not untold(TABLES, "\n".join(f"`{name}`" for name in sections("##")))
    classes = {row for rows in ROWS.values() for row in rows}
    found = {row for row in tables.TableRow.__subclasses__() if row.__module__ == tables.__name__}
    assert found == classes, "ROWS must say which table a class is of"
    assert {*ROWS, "statutes.toml"} == set(TABLES)


@pytest.mark.parametrize("table", ROWS)
def test_every_column_and_key_is_described(table: str) -> None:
    text = sections("##").get(table, "")
    for model in ROWS[table]:
        assert untold(keys(model), text) == []
        listed = [w for annotation in keys(model).values() for w in words(annotation)]
        assert untold(listed, text) == []


def test_every_act_and_status_is_described() -> None:
    text = sections("##")["record.csv"]
    assert untold(lower(Act), text) == []
    assert untold(lower(Status), text) == []


def test_every_parameter_is_described() -> None:
    text = sections("##")["parameters.toml"]
    names = (
        *TERMS,
        *acts.FRICTIONS,
        *acts.UNSCORED,
        *OPTIONAL,
        *tables.COUNCIL,
        *tables.FIXED,
    )
    assert untold(names, text) == []


def test_every_composite_that_is_needed_is_described() -> None:
    assert untold(tables.READ, sections("##")["evidence/composites.csv"]) == []


def test_what_the_checklist_says_of_the_sources_of_parameters(case: Case, shipped: Case) -> None:
    """How many rest on judgement alone: of the first case by number, of the others all but one."""
    page = (DOCS / "checklists.md").read_text(encoding="utf-8")
    sources = [one.source for one in shipped.parameters.values()]
    judged, mixed = sources.count("JUDGED"), sum("JUDGED;" in f"{s};" for s in sources)
    mixed -= judged
    if shipped.id == case.id:
        said = f"{len(sources)} parameters of `cst`, {judged} rest on judgement alone, {mixed} on"
        assert said in page
    assert len(sources) - judged - mixed == 1


def test_no_parameter_is_described_that_does_not_exist() -> None:
    text = sections("##")["parameters.toml"]
    told = re.findall(r"^\| `([a-z_]+)` \|", text, flags=re.MULTILINE)
    known = {*TERMS, *acts.FRICTIONS, *acts.UNSCORED, *OPTIONAL, *tables.COUNCIL}
    assert set(told) - set(keys(tables.Parameter)) <= {*known, *tables.FIXED}


def test_every_role_is_described() -> None:
    assert untold(("patron", "none", *tables.LEADERLESS), sections("###")["Roles"]) == []


def test_keys_of_every_statute_are_described() -> None:
    assert untold(keys(Statute), sections("###")["Keys of every statute"]) == []


def test_no_kind_of_statute_is_described_that_does_not_exist() -> None:
    described = set(sections("###", sections("##")["statutes.toml"])) - {"Keys of every statute"}
    assert described <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_statute_is_described_with_an_example(kind: str) -> None:
    found = sections("###", sections("##")["statutes.toml"])
    assert kind in found, f"docs/cases.md needs a section '### `{kind}`'"
    own = {key: value for key, value in keys(KINDS[kind]).items() if key not in keys(Statute)}
    del own["kind"]
    assert untold(own, found[kind]) == []
    assert untold([w for annotation in own.values() for w in words(annotation)], found[kind]) == []
    tabled = re.findall(r"^\| `([^`]+)` \|", found[kind], flags=re.MULTILINE)
    assert [key for key in tabled if key not in own] == []
    examples = [s for block in blocks("toml", found[kind]) for s in tomllib.loads(block)["statute"]]
    assert [statute["kind"] for statute in examples] == [kind]
    TypeAdapter(AnyStatute).validate_python(examples[0])


def test_the_examples_of_statutes_make_a_case(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SKELETON, tmp_path / "pact"))
    held = {statute.id for statute in load_case(folder).statutes}
    with (folder / "statutes.toml").open("a", encoding="utf-8") as stream:
        for block in blocks("toml", sections("##")["statutes.toml"]):
            if tomllib.loads(block)["statute"][0]["id"] not in held:
                stream.write(f"\n{block}")
    with (folder / "parameters.toml").open("a", encoding="utf-8") as stream:
        for role, names in acts.OPTIONAL.items():
            for name in names:
                stream.write(PARAMETER.format(name, role))
    assert {statute.kind for statute in load_case(folder).statutes} == set(KINDS)


def blocks(language: str, text: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("table", ROWS)
def test_examples_are_lines_of_the_skeleton(table: str) -> None:
    lines = [line.split(" #")[0] for line in (SKELETON / table).read_text("utf-8").splitlines()]
    examples = blocks(table.rpartition(".")[2], sections("##")[table])
    assert len(examples) == 1
    assert [line for line in examples[0].splitlines() if line not in lines] == []


def test_the_header_of_each_example_is_that_of_the_code() -> None:
    for table, (row, *_) in ROWS.items():
        if table.endswith(".csv"):
            (example,) = blocks("csv", sections("##")[table])
            assert next(csv.reader([example.splitlines()[0]])) == list(keys(row))


def test_the_rulebook_is_that_of_the_case(case: Case) -> None:
    committed = (DOCS / "rulebook.md").read_text(encoding="utf-8")
    assert committed == rulebook(case), "run: make docs"


def test_links_between_pages_lead_somewhere() -> None:
    for page in DOCS.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:\s]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("word", sorted({*MEASURES, *outcome_words()}))
def test_every_measure_and_its_numbers_stand_in_the_page(word: str) -> None:
    page = (DOCS / "measures.md").read_text(encoding="utf-8")
    (row,) = (line for line in page.splitlines() if line.startswith(f"| `{word}("))
    assert f"`{signature(MEASURES[word])}`" in row
    assert set(MEASURES[word].numbers) <= set(re.findall(r"`([^`]+)`", row))
