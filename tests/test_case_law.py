"""Malformed cases: statutes, requests and openness."""

import re
from pathlib import Path

import pytest

from tests.case_changes import (
    ARREARS,
    Change,
    add,
    bad,
    check_refused,
    drop,
    statute,
    swap,
    write,
)


def _months(start: str, end: str, ways_in_end: str = "") -> Change:
    """Another span of months, and ways in that end."""

    def change(folder: Path) -> None:
        text = (folder / "case.toml").read_text(encoding="utf-8")
        said = {"start": start, "end": end, "fit_until": end, "score_from": end}
        for key, value in said.items():
            text = re.sub(f'^{key} = "[^"]*"', f'{key} = "{value}"', text, flags=re.M)
        text = re.sub("^shown = .*", f'shown = ["{end}"]', text, flags=re.M)
        (folder / "case.toml").write_text(text, encoding="utf-8")
        if ways_in_end:
            law = folder / "statutes.toml"
            text = law.read_text(encoding="utf-8")
            until = f'kind = "accession"\nuntil = {ways_in_end}\n'
            law.write_text(re.sub('kind = "accession".*\n', until, text), encoding="utf-8")

    return change


BAD = [
    bad(
        "a bloc leaves a club that there is not",
        add("statutes.toml", statute("bloc", 'leaves = ["RNG"]')),
        "statutes.toml: PACT-bloc.leaves: 'RNG' is not valid; allowed: RING (nearest valid name: RING)",
    ),
    bad(
        "a bloc asks for a parameter that has no table",
        add("statutes.toml", statute("bloc", 'leaves = ["RING"]')),
        "parameters.toml: jointly: 'missing' is not valid; allowed: a table for it: PACT-bloc asks for it",
    ),
    bad(
        "a state ends that there is not",
        add("statutes.toml", statute("extinction", 'state = "BRO"')),
        "statutes.toml: PACT-extinction.state: 'BRO' is not valid; allowed: ARV, BOR (nearest valid name: BOR)",
    ),
    bad(
        "a club ends with less than nobody",
        add("statutes.toml", statute("dissolution", "below = -1")),
        "statutes.toml: PACT-dissolution.below: -1 is not valid; allowed: greater than or equal to 0",
    ),
    bad(
        "a seat ends in a club that does not",
        add("record.csv", "PACT,ARV,end,2008-03-01,left,treaty,TALE,"),
        "record.csv: PACT ARV 2008-03-01: act: 'end' is not valid; allowed: a day on which a dissolution is in force,"
        " or an extinction of the state (statutes.toml)",
    ),
    bad(
        "a law asks for a parameter that has no table",
        swap("statutes.toml", "notice_months = 6", "notice_months = 6\nretractable = true"),
        "parameters.toml: rescind: 'missing' is not valid; allowed: a table for it: PACT-exit asks for it",
    ),
    bad(
        "a case ends before its first club opens",
        _months("1955-02", "1977-06"),
        "case.toml: end: '1977-06' is not valid; allowed: a month from 2001-01-15 on, when the first club opens"
        " (statutes.toml)",
    ),
    bad(
        "a case begins when its last way in has ended",
        _months("2016-01", "2020-12", ways_in_end="2015-06-01"),
        "case.toml: start: '2016-01' is not valid; allowed: a month before 2015-06-01, when the last way in ends"
        " (statutes.toml)",
    ),
    # statutes.toml
    bad(
        "a statute's kind is misspelt",
        swap("statutes.toml", '"accession"', '"acession"'),
        "statutes.toml: PACT-entry.kind: 'acession' is not valid; allowed: accession, … (nearest valid name: "
        "accession)",
    ),
    bad(
        "a statute's kind is missing",
        drop("statutes.toml", '"accession"'),
        "statutes.toml: PACT-entry.kind: 'missing' is not valid; allowed: accession, …",
    ),
    bad(
        "a statute's kind is a list",
        swap("statutes.toml", '"accession"', '["accession"]'),
        "statutes.toml: PACT-entry.kind: ['accession'] is not valid; allowed: accession, … (nearest valid name: "
        "accession)",
    ),
    bad(
        "the statutes are one table",
        write("statutes.toml", '[statute]\nid = "PACT-entry"'),
        "statutes.toml: statute: {'id': 'PACT-entry'} is not valid; allowed: tables, each under [[statute]]",
    ),
    bad(
        "the statutes are texts",
        write("statutes.toml", 'statute = ["PACT-entry"]'),
        "statutes.toml: statute 1: 'PACT-entry' is not valid; allowed: a table under [[statute]]",
    ),
    bad(
        "the statutes stand under another key",
        swap("statutes.toml", "[[statute]]", "[[statutes]]"),
        "statutes.toml: key: 'statutes' is not valid; allowed: statute (nearest valid name: statute)",
    ),
    bad(
        "there are no statutes",
        write("statutes.toml", ""),
        "statutes.toml: PACT: 'no way in' is not valid; allowed: a statute of kind accession",
    ),
    bad(
        "a statute's identifier is a number",
        swap("statutes.toml", '"PACT-entry"', "10"),
        "statutes.toml: 10.id: 10 is not valid; allowed: a valid string",
    ),
    bad(
        "a statute's identifier stands twice",
        swap("statutes.toml", '"PACT-term"', '"PACT-force"'),
        "statutes.toml: id: 'PACT-force' is not valid; allowed: each statute once",
    ),
    bad(
        "a statute's club is misspelt",
        swap("statutes.toml", 'club = "RING"', 'club = "RINK"'),
        "statutes.toml: RING-entry.club: 'RINK' is not valid; allowed: PACT, RING (nearest valid name: RING)",
    ),
    bad(
        "a statute's key is misspelt",
        swap("statutes.toml", "notice_months", "notice_month"),
        "statutes.toml: PACT-exit.notice_month: 'notice_month' is not valid; allowed: the keys … (nearest valid "
        "name: notice_months)",
    ),
    bad(
        "a statute's key is missing",
        drop("statutes.toml", "notice_months = 6"),
        "statutes.toml: PACT-exit.notice_months: 'missing' is not valid; allowed: a value for notice_months",
    ),
    bad(
        "a statute has a key of another kind",
        swap("statutes.toml", "notice_months = 6", "notice_months = 6\nyears = 3"),
        "statutes.toml: PACT-exit.years: 'years' is not valid; allowed: the keys …",
    ),
    bad(
        "a statute's first day is missing",
        drop("statutes.toml", "from = 2001-01-15"),
        "statutes.toml: PACT-entry.from: 'missing' is not valid; allowed: a value for from",
    ),
    bad(
        "a statute's first day is a year",
        swap("statutes.toml", "from = 2001-01-15", "from = 2001"),
        "statutes.toml: PACT-entry.from: 2001 is not valid; allowed: a valid date",
    ),
    bad(
        "a statute ends before it begins",
        swap("statutes.toml", "until = 2004-07-02", "until = 2001-06-30"),
        "statutes.toml: PACT-term.until: '2001-06-30' is not valid; allowed: after from",
    ),
    bad(
        "a statute ends on the day on which it begins",
        swap("statutes.toml", "until = 2004-07-02", "until = 2001-07-01"),
        "statutes.toml: PACT-term.until: '2001-07-01' is not valid; allowed: after from",
    ),
    bad(
        "two statutes of a kind overlap",
        swap("statutes.toml", "until = 2004-07-02", "until = 2004-07-03"),
        "statutes.toml: PACT-protocol.from: '2004-07-02' is not valid; allowed: no second rule of kind term while"
        " PACT-term is in force",
    ),
    bad(
        "two statutes of a kind have no end",
        drop("statutes.toml", "until = 2004-07-02"),
        "statutes.toml: PACT-protocol.from: '2004-07-02' is not valid; allowed: no second rule of kind term while"
        " PACT-term is in force",
    ),
    bad(
        "a term lasts no year",
        swap("statutes.toml", "years = 3", "years = 0"),
        "statutes.toml: PACT-term.years: 0 is not valid; allowed: greater than 0",
    ),
    bad(
        "a term is written in words",
        swap("statutes.toml", "years = 3", 'years = "three"'),
        "statutes.toml: PACT-term.years: 'three' is not valid; allowed: a valid integer",
    ),
    bad(
        "a term lasts a part of a year",
        swap("statutes.toml", "years = 3", "years = 2.5"),
        "statutes.toml: PACT-term.years: 2.5 is not valid; allowed: a valid integer",
    ),
    bad(
        "a way of renewal is misspelt",
        swap("statutes.toml", "opt_in", "optin"),
        "statutes.toml: PACT-term.renewal: 'optin' is not valid; allowed: 'opt_in' or 'automatic' (nearest valid "
        "name: opt_in)",
    ),
    bad(
        "a ratification takes less than no time",
        swap("statutes.toml", "ratification_months = 2", "ratification_months = -1"),
        "statutes.toml: PACT-entry.ratification_months: -1 is not valid; allowed: greater than or equal to 0",
    ),
    bad(
        "a ratification takes longer than a hundred years",
        swap("statutes.toml", "ratification_months = 2", "ratification_months = 10001"),
        "statutes.toml: PACT-entry.ratification_months: 10001 is not valid; allowed: less than or equal to 1200",
    ),
    bad(
        "a notice runs longer than a hundred years",
        swap("statutes.toml", "notice_months = 6", "notice_months = 100000"),
        "statutes.toml: PACT-exit.notice_months: 100000 is not valid; allowed: less than or equal to 1200",
    ),
    bad(
        "a session is in the thirteenth month",
        swap("statutes.toml", "month = 12", "month = 13"),
        "statutes.toml: PACT-session.month: 13 is not valid; allowed: less than or equal to 12",
    ),
    bad(
        "a consensus is a number",
        swap("statutes.toml", "consensus = true", "consensus = 1"),
        "statutes.toml: PACT-entry.consensus: 1 is not valid; allowed: a valid boolean",
    ),
    bad(
        "a statute's source is misspelt",
        swap("statutes.toml", "TALE", "TALES"),
        "statutes.toml: PACT-entry.source: 'TALES' is not valid; allowed: TALE, JUDGED (nearest valid name: TALE)",
    ),
    bad(
        "a statute's source is empty",
        swap("statutes.toml", "TALE", ""),
        "statutes.toml: PACT-entry.source: '' is not valid; allowed: String should have at least 1 character",
    ),
    bad(
        "a debtor loses nothing",
        add("statutes.toml", ARREARS.format("[]")),
        "statutes.toml: PACT-arrears.takes: [] is not valid; allowed: a list with an item",
    ),
    bad(
        "what a debtor loses is misspelt",
        add("statutes.toml", ARREARS.format('["posts", "votes"]')),
        "statutes.toml: PACT-arrears.takes.1: 'votes' is not valid; allowed: 'posts', 'vote' or 'participation' "
        "(nearest valid name: vote)",
    ),
    bad(
        "what a debtor loses is no list",
        add("statutes.toml", ARREARS.format('"vote"')),
        "statutes.toml: PACT-arrears.takes: 'vote' is not valid; allowed: a list",
    ),
    bad(
        "what a debtor loses is missing",
        add("statutes.toml", ARREARS.format("[]").replace("takes = []\n", "")),
        "statutes.toml: PACT-arrears.takes: 'missing' is not valid; allowed: a value for takes",
    ),
    bad(
        "the other reading of what a debtor loses is misspelt",
        add(
            "statutes.toml",
            ARREARS.format('["vote"]') + 'ambiguity = "?"\nother_reading = { takes = ["post"] }\n',
        ),
        "statutes.toml: PACT-arrears.other_reading.takes.0: 'post' is not valid; allowed: … (nearest valid name: "
        "posts)",
    ),
    bad(
        "posts are counted",
        add("statutes.toml", statute("benefit", "posts = 3")),
        "statutes.toml: PACT-benefit.posts: 3 is not valid; allowed: a valid boolean",
    ),
    bad(
        "a permanent body has a key of its own",
        swap("statutes.toml", 'text = "A standing', 'month = 12\ntext = "A standing'),
        "statutes.toml: PACT-council.month: 'month' is not valid; allowed: the keys …",
    ),
    bad(
        "the status of observers can be withdrawn and no session meets",
        add(
            "statutes.toml",
            statute("observer", "consensus = true\nwithdrawable = true").replace("PACT", "RING"),
        ),
        "statutes.toml: RING-observer.kind: 'observer' is not valid; allowed: a statute of kind session in force "
        "from then on",
    ),
    bad(
        "a flag of observers is misspelt",
        add("statutes.toml", statute("observer", "consensus = true\nwithdrawble = true")),
        "statutes.toml: PACT-observer.withdrawble: 'withdrawble' is not valid; allowed: the keys … (nearest valid "
        "name: withdrawable)",
    ),
    bad(
        "a need that forces cover is misspelt",
        add("statutes.toml", statute("forces", 'covers = ["incurson"]\ninterim = false')),
        "statutes.toml: PACT-forces.covers.0: 'incurson' is not valid; allowed: 'external', 'incursion' or "
        "'stability' (nearest valid name: incursion)",
    ),
    bad(
        "an operation works on what the club does not",
        add("statutes.toml", statute("operation", 'against = ["feud"]')),
        "statutes.toml: PACT-operation.against: 'feud' is not valid; allowed: smuggling",
    ),
    bad(
        "an operation works on a threat with which its club has nothing to do",
        add("statutes.toml", statute("operation", 'against = ["raids"]').replace("PACT", "RING")),
        "statutes.toml: RING-operation.against: 'raids' is not valid; allowed: a threat with need = \"operations\" "
        "that the club relieves",
    ),
    bad(
        "an operation works on nothing",
        add("statutes.toml", statute("operation", "against = []")),
        "statutes.toml: PACT-operation.against: [] is not valid; allowed: a list with an item",
    ),
    # requests.csv
    bad(
        "a need is misspelt",
        swap("requests.csv", "ARV,external", "ARV,incurson"),
        "requests.csv: line 2.kind: 'incurson' is not valid; allowed: … (nearest valid name: incursion)",
    ),
    # openness.csv
    bad(
        "a club that opens is misspelt",
        swap("openness.csv", "RING,ARV", "RIGN,ARV"),
        "openness.csv: RIGN ARV: club: 'RIGN' is not valid; allowed: PACT, RING (nearest valid name: RING)",
    ),
    bad(
        "a state to which a club opens is misspelt",
        swap("openness.csv", "PACT,BOR", "PACT,BRO"),
        "openness.csv: PACT BRO: state: 'BRO' is not valid; allowed: ARV, BOR, COR (nearest valid name: BOR)",
    ),
    bad(
        "a club opens to the patron",
        swap("openness.csv", "PACT,BOR", "PACT,COR"),
        "openness.csv: PACT COR: state: 'COR' is not valid; allowed: a state that decides",
    ),
    bad(
        "a club closes before it opens",
        swap("openness.csv", "2009-01-01", "2003-03-10"),
        "openness.csv: RING ARV: open_until: '2003-03-10' is not valid; allowed: after open_from",
    ),
    bad(
        "a state stands twice at the same time",
        add("openness.csv", "RING,ARV,2008-12-31,,Invited again,TALE"),
        "openness.csv: RING ARV: open_from: '2008-12-31' is not valid; allowed: no second row while the one from "
        "2003-03-10 holds",
    ),
    bad(
        "a state stands twice without end",
        add("openness.csv", "PACT,BOR,2001-01-15,,Open,TALE"),
        "openness.csv: PACT BOR: open_from: '2001-01-15' is not valid; allowed: no second row while the one from "
        "2001-01-15 holds",
    ),
    bad(
        "a day of opening is missing",
        swap("openness.csv", "PACT,ARV,2001-01-15", "PACT,ARV,"),
        "openness.csv: line 2.open_from: '' is not valid; allowed: a day written YYYY-MM-DD",
    ),
    bad(
        "a reason for opening is missing",
        swap("openness.csv", "Open to every neighbour", ""),
        "openness.csv: line 2.why: '' is not valid; allowed: String should have at least 1 character",
    ),
    bad(
        "a source of openness is misspelt",
        swap("openness.csv", "neighbour,TALE", "neighbour,TALL"),
        "openness.csv: PACT ARV: source: 'TALL' is not valid; allowed: TALE, JUDGED (nearest valid name: TALE)",
    ),
    # regions, needs that teach, offers, separate instruments and theories
    bad(
        "whether help came is missing",
        swap("requests.csv", "true,false,BOR,Shots", "true,,BOR,Shots"),
        "requests.csv: 2003-08-20 ARV: met: None is not valid; allowed: true or false",
    ),
    bad(
        "help came to a base",
        swap("requests.csv", "base,true,,,", "base,true,true,,"),
        "requests.csv: 2008-05-04 BOR: met: True is not valid; allowed: empty for a base",
    ),
    bad(
        "whether help came is no truth value",
        swap("requests.csv", "true,false,BOR,Shots", "true,partly,BOR,Shots"),
        "requests.csv: line 2.met: 'partly' is not valid; allowed: a valid boolean…",
    ),
    bad(
        "the column of met needs is missing",
        swap("requests.csv", "asked,met,", "asked,"),
        "requests.csv: column: 'missing' is not valid; allowed: a column named met",
    ),
    bad(
        "an incursion is spelt as the plural",
        swap("requests.csv", "ARV,incursion", "ARV,incursions"),
        "requests.csv: line 4.kind: 'incursions' is not valid; allowed: 'external', 'incursion', 'stability' or "
        "'base' (nearest valid name: incursion)",
    ),
    bad(
        "an incursion stands twice in a month",
        add("requests.csv", "2005-06-30,ARV,incursion,false,false,,Again,TALE"),
        "requests.csv: 2005-06-30 ARV: 'incursion' is not valid; allowed: each kind once in a month and state",
    ),
    bad(
        "an incursion is the patron's",
        swap("requests.csv", "ARV,incursion", "COR,incursion"),
        "requests.csv: 2005-06-11.state: 'COR' is not valid; allowed: ARV, BOR (nearest valid name: BOR)",
    ),
    bad(
        "who attacks is misspelt",
        swap("requests.csv", "true,false,BOR,Shots", "true,false,BRO,Shots"),
        "requests.csv: 2003-08-20 ARV: against: 'BRO' is not valid; allowed: BOR (nearest valid name: BOR)",
    ),
    bad(
        "a state attacks itself",
        swap("requests.csv", "true,false,BOR,Shots", "true,false,ARV,Shots"),
        "requests.csv: 2003-08-20 ARV: against: 'ARV' is not valid; allowed: BOR",
    ),
    bad(
        "a state is named for unrest at home",
        swap("requests.csv", "stability,false,false,,", "stability,false,false,ARV,"),
        "requests.csv: 2005-02-01 BOR: against: 'ARV' is not valid; allowed: empty but for an attack by a state "
        "(external)",
    ),
    bad(
        "a day of signing is a text",
        swap("statutes.toml", "signed = 2007-06-15", 'signed = "2007-06-15"'),
        "statutes.toml: PACT-brigade.signed: '2007-06-15' is not valid; allowed: a valid date",
    ),
    bad(
        "a day of signing is a year",
        swap("statutes.toml", "signed = 2007-06-15", "signed = 2007"),
        "statutes.toml: PACT-brigade.signed: 2007 is not valid; allowed: a valid date",
    ),
    bad(
        "a day of signing is misspelt",
        swap("statutes.toml", "signed =", "singed ="),
        "statutes.toml: PACT-brigade.singed: 'singed' is not valid; allowed: the keys … (nearest valid name: signed)",
    ),
    bad(
        "a separate instrument is counted",
        swap("statutes.toml", "separate = true", "separate = 1"),
        "statutes.toml: PACT-brigade.separate: 1 is not valid; allowed: a valid boolean",
    ),
    bad(
        "a separate instrument is a text",
        swap("statutes.toml", "separate = true", 'separate = "yes"'),
        "statutes.toml: PACT-brigade.separate: 'yes' is not valid; allowed: a valid boolean",
    ),
    bad(
        "a separate instrument is misspelt",
        swap("statutes.toml", "separate =", "seperate ="),
        "statutes.toml: PACT-brigade.seperate: 'seperate' is not valid; allowed: the keys … (nearest valid name: "
        "separate)",
    ),
    bad(
        "regions learn more of each other than of themselves",
        swap("statutes.toml", "elsewhere = 0.5", "elsewhere = 1.5"),
        "statutes.toml: PACT-regions.elsewhere: 1.5 is not valid; allowed: less than or equal to 1",
    ),
    bad(
        "regions learn the opposite of each other",
        swap("statutes.toml", "elsewhere = 0.5", "elsewhere = -0.5"),
        "statutes.toml: PACT-regions.elsewhere: -0.5 is not valid; allowed: greater than or equal to 0",
    ),
    bad(
        "what regions learn of each other is missing",
        drop("statutes.toml", "elsewhere = 0.5"),
        "statutes.toml: PACT-regions.elsewhere: 'missing' is not valid; allowed: a value for elsewhere",
    ),
    bad(
        "the kind of regions is misspelt",
        swap("statutes.toml", '"regions"', '"region"'),
        "statutes.toml: PACT-regions.kind: 'region' is not valid; allowed: accession, … (nearest valid name: regions)",
    ),
    bad(
        "a club is divided twice",
        add(
            "statutes.toml",
            statute("regions", "elsewhere = 0.2").replace("PACT-regions", "PACT-regions-2"),
        ),
        "statutes.toml: PACT-regions-2.from: '2007-01-01' is not valid; allowed: no second rule of kind regions while"
        " PACT-regions is in force",
    ),
]


@pytest.mark.parametrize(("change", "line"), BAD)
def test_a_malformed_case_is_one_line(folder: Path, change: Change, line: str) -> None:
    check_refused(folder, change, line)
