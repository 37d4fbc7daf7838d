"""Malformed cases: states, threats and clubs."""

from pathlib import Path

import pytest

from tests.case_changes import (
    Change,
    add,
    bad,
    both,
    check_refused,
    drop,
    swap,
    write,
)

BAD = [
    # states.csv
    bad(
        "a state's code is too long",
        swap("states.csv", "ARV,", "ARVE,"),
        "states.csv: line 2.state: 'ARVE' is not valid; allowed: String should match pattern '^[A-Z]{3}$'",
    ),
    bad(
        "a state's code is in small letters",
        swap("states.csv", "ARV,", "arv,"),
        "states.csv: line 2.state: 'arv' is not valid; allowed: String should match pattern '^[A-Z]{3}$'",
    ),
    bad(
        "a state's role is misspelt",
        swap("states.csv", "patron", "patrn"),
        "states.csv: line 4.role: 'patrn' is not valid; allowed: 'decider' or 'patron' (nearest valid name: patron)",
    ),
    bad(
        "a state stands twice",
        add("states.csv", "ARV,Arvel,decider,north"),
        "states.csv: state: 'ARV' is not valid; allowed: each state once",
    ),
    bad(
        "the patron that leads is none of the patrons",
        swap("case.toml", 'patron = "COR"', 'patron = "ARV"'),
        "case.toml: patron: 'ARV' is not valid; allowed: COR",
    ),
    bad(
        "no state is the patron",
        swap("states.csv", "patron", "decider"),
        "states.csv: patron: 'nobody' is not valid; allowed: the role of one state at least",
    ),
    bad(
        "there are no states",
        write("states.csv", "state,name,role,region\n"),
        "states.csv: patron: 'nobody' is not valid; allowed: the role of one state at least",
    ),
    # threats.toml
    bad(
        "a threat is a number",
        write("threats.toml", "raids = 1"),
        "threats.toml: raids: 1 is not valid; allowed: a table",
    ),
    bad(
        "a threat is a list of tables",
        swap("threats.toml", "[raids]", "[[raids]]"),
        "threats.toml: raids: [{'label': 'Armed bands that cross the border', 'source': 'nonstate', "
        "'target': 'state', 'need': 'incursion', 'measured_by': 'raids'}] is not valid; allowed: a table",
    ),
    bad(
        "a key of a threat is misspelt",
        swap("threats.toml", "label", "lable"),
        "threats.toml: raids.lable: 'lable' is not valid; allowed: the keys … (nearest valid name: label)",
    ),
    bad(
        "a key of a threat is missing",
        swap("threats.toml", 'source = "state"\n', ""),
        "threats.toml: feud.source: 'missing' is not valid; allowed: a value for source",
    ),
    bad(
        "a label is empty",
        swap("threats.toml", '"A neighbour seen as an enemy"', '""'),
        "threats.toml: feud.label: '' is not valid; allowed: String should have at least 1 character",
    ),
    bad(
        "the role behind a threat is misspelt",
        swap("threats.toml", 'source = "patron"', 'source = "patrn"'),
        "threats.toml: pressure.source: 'patrn' is not valid; allowed: patron, rim, state, nonstate, domestic "
        "(nearest valid name: patron)",
    ),
    bad(
        "the role behind a threat is a club",
        swap("threats.toml", '"nonstate"', '"RING"'),
        "threats.toml: raids.source: 'RING' is not valid; allowed: patron, rim, state, nonstate, domestic "
        "(nearest valid name: rim)",
    ),
    bad(
        "the measurement of a threat is misspelt",
        swap("threats.toml", '= "raids"', '= "raid"'),
        "threats.toml: raids.measured_by: 'raid' is not valid; allowed: autonomy, means, raids, rivalry, tie_patron, "
        'tie_rim, "" (nearest valid name: raids)',
    ),
    bad(
        "there are no threats",
        write("threats.toml", ""),
        "threats.toml: threats: 'missing' is not valid; allowed: at least one table",
    ),
    bad(
        "a threat takes the word for all threats",
        swap("threats.toml", "[pressure]", "[any]"),
        "threats.toml: threat: 'any' is not valid; allowed: another name: credibility events use it for all",
    ),
    # clubs.toml
    bad(
        "a promise is a number",
        swap("clubs.toml", "guarantee = true", "guarantee = 1"),
        "clubs.toml: PACT.guarantee: 1 is not valid; allowed: a valid boolean",
    ),
    bad(
        "a promise is a text",
        swap("clubs.toml", "guarantee = true", 'guarantee = "yes"'),
        "clubs.toml: PACT.guarantee: 'yes' is not valid; allowed: a valid boolean",
    ),
    bad(
        "a key of a club is misspelt",
        swap("clubs.toml", "guarantee", "garantee"),
        "clubs.toml: PACT.garantee: 'garantee' is not valid; allowed: the keys … (nearest valid name: guarantee)",
    ),
    bad(
        "a key of a club is missing",
        drop("clubs.toml", "guarantee = true"),
        "clubs.toml: PACT.guarantee: 'missing' is not valid; allowed: a value for guarantee",
    ),
    bad(
        "a sponsor is misspelt",
        swap("clubs.toml", 'sponsor = "rim"', 'sponsor = "rin"'),
        "clubs.toml: RING.sponsor: 'rin' is not valid; allowed: patron, rim, none (nearest valid name: rim)",
    ),
    bad(
        "a sponsor is a state",
        swap("clubs.toml", 'sponsor = "rim"', 'sponsor = "COR"'),
        "clubs.toml: RING.sponsor: 'COR' is not valid; allowed: patron, rim, none",
    ),
    bad(
        "a threat that a club relieves is misspelt",
        swap("clubs.toml", '"feud"', '"fued"'),
        "clubs.toml: PACT.relieves: 'fued' is not valid; allowed: raids, … (nearest valid "
        "name: feud)",
    ),
    bad(
        "the threats that a club relieves are no list",
        swap("clubs.toml", '["pressure"]', '"pressure"'),
        "clubs.toml: RING.relieves: 'pressure' is not valid; allowed: a list",
    ),
    bad(
        "a club has no name",
        swap("clubs.toml", '[{ from = 2001-01-15, name = "Pact" }]', "[]"),
        "clubs.toml: PACT.names: [] is not valid; allowed: a list with an item",
    ),
    bad(
        "a club's name is a number",
        swap("clubs.toml", '"Pact"', "5"),
        "clubs.toml: PACT.names.0.name: 5 is not valid; allowed: a valid string",
    ),
    bad(
        "a club's name has a misspelt key",
        swap("clubs.toml", 'name = "Pact"', 'nmae = "Pact"'),
        "clubs.toml: PACT.names.0.nmae: 'nmae' is not valid; allowed: the keys … (nearest valid name: name)",
    ),
    bad(
        "a club's name is older than the club",
        swap("clubs.toml", "{ from = 2001-01-15", "{ from = 2001-01-14"),
        "clubs.toml: PACT.names: '2001-01-14' is not valid; allowed: dates from since (2001-01-15) on",
    ),
    bad(
        "a club's names are not in order",
        swap("clubs.toml", '"Pact" }', '"Pact" }, { from = 2001-01-15, name = "Bund" }'),
        "clubs.toml: PACT.names: '2001-01-15, 2001-01-15' is not valid; allowed: dates in order, each once",
    ),
    bad(
        "a club is founded before it exists",
        swap("clubs.toml", "[2001-01-15]", "[2000-01-15]"),
        "clubs.toml: PACT.foundings: '2000-01-15' is not valid; allowed: dates from since (2001-01-15) on",
    ),
    bad(
        "a club's foundings are not in order",
        swap("clubs.toml", "[2001-01-15]", "[2002-01-15, 2001-01-15]"),
        "clubs.toml: PACT.foundings: '2002-01-15, 2001-01-15' is not valid; allowed: dates in order, each once",
    ),
    bad(
        "a founding is a month",
        swap("clubs.toml", "[2001-01-15]", '["2001-01"]'),
        "clubs.toml: PACT.foundings.0: '2001-01' is not valid; allowed: a valid date",
    ),
    bad(
        "a club's first day is a text",
        swap("clubs.toml", "since = 2001-01-15", 'since = "2001-01-15"'),
        "clubs.toml: PACT.since: '2001-01-15' is not valid; allowed: a valid date",
    ),
    bad(
        "a club's first day has an hour",
        swap("clubs.toml", "since = 2001-01-15", "since = 2001-01-15T12:00:00"),
        "clubs.toml: PACT.since: datetime.datetime(2001, 1, 15, 12, 0) is not valid; allowed: a valid date",
    ),
    bad(
        "a club's reason is empty",
        swap("clubs.toml", '"It promises help against any attack but one by the patron."', '""'),
        "clubs.toml: PACT.why: '' is not valid; allowed: String should have at least 1 character",
    ),
    bad(
        "a club's source is misspelt",
        swap("clubs.toml", "TALE", "TAIL"),
        "clubs.toml: PACT.source: 'TAIL' is not valid; allowed: TALE, JUDGED (nearest valid name: TALE)",
    ),
    bad(
        "a club is a text",
        swap("clubs.toml", "[PACT]", 'CLUB = "PACT"\n[PACT]'),
        "clubs.toml: CLUB: 'PACT' is not valid; allowed: a table",
    ),
    bad(
        "a club has no statute of accession",
        both(
            swap("statutes.toml", "from = 2001-01-15", "from = 2001-01-15\nuntil = 2003-03-10"),
            swap("statutes.toml", '"RING-entry"\nclub = "RING"', '"RING-entry"\nclub = "PACT"'),
        ),
        "statutes.toml: RING: 'no way in' is not valid; allowed: a statute of kind accession",
    ),
    # regions, needs that teach, offers, separate instruments and theories
    bad(
        "the column of regions is missing",
        write("states.csv", "state,name,role\nARV,Arvel,decider"),
        "states.csv: column: 'missing' is not valid; allowed: a column named region",
    ),
    bad(
        "the column of regions is misspelt",
        swap("states.csv", "region", "regoin"),
        "states.csv: column: 'regoin' is not valid; allowed: state, … (nearest valid name: region)",
    ),
    bad(
        "a state has two regions",
        swap("states.csv", "north", "north,south"),
        "states.csv: line 2: 'wrong number of cells' is not valid; allowed: 4 cells",
    ),
    bad(
        "whom a threat endangers is missing",
        swap("threats.toml", 'target = "regime"\n', ""),
        "threats.toml: plots.target: 'missing' is not valid; allowed: a value for target",
    ),
    bad(
        "whom a threat endangers is misspelt",
        swap("threats.toml", 'target = "regime"', 'target = "regimes"'),
        "threats.toml: plots.target: 'regimes' is not valid; allowed: 'state' or 'regime' (nearest valid name: "
        "regime)",
    ),
    bad(
        "whom a threat endangers is a state of the case",
        swap("threats.toml", 'target = "state"', 'target = "ARV"'),
        "threats.toml: raids.target: 'ARV' is not valid; allowed: 'state' or 'regime'",
    ),
    bad(
        "the help that is asked against a threat is missing",
        swap("threats.toml", 'need = "external"\n', ""),
        "threats.toml: feud.need: 'missing' is not valid; allowed: a value for need",
    ),
    bad(
        "the help that is asked against a threat is misspelt",
        swap("threats.toml", 'need = "incursion"', 'need = "incursions"'),
        "threats.toml: raids.need: 'incursions' is not valid; allowed: 'external', 'incursion', 'stability', "
        "'operations' or '' (nearest valid name: incursion)",
    ),
    bad(
        "a base is asked for as help against a threat",
        swap("threats.toml", 'need = "external"', 'need = "base"'),
        "threats.toml: feud.need: 'base' is not valid; allowed: 'external', 'incursion', 'stability', "
        "'operations' or ''",
    ),
    bad(
        "the help against a threat is a list",
        swap("threats.toml", 'need = "external"', 'need = ["external"]'),
        "threats.toml: feud.need: ['external'] is not valid; allowed: 'external', …",
    ),
]


@pytest.mark.parametrize(("change", "line"), BAD)
def test_a_malformed_case_is_one_line(folder: Path, change: Change, line: str) -> None:
    check_refused(folder, change, line)
