"""Malformed cases: events and the record, which is held against the law."""

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
)

BAD = [
    # events.csv
    bad(
        "a day does not exist",
        swap("events.csv", "2004-09-12", "1999-02-30"),
        "events.csv: line 9.date: '1999-02-30' is not valid; allowed: a valid date in the format YYYY-MM-DD, …",
    ),
    bad(
        "a day is a number of seconds",
        swap("events.csv", "2004-09-12", "915148800"),
        "events.csv: line 9.date: '915148800' is not valid; allowed: a day written YYYY-MM-DD",
    ),
    bad(
        "a day has another order",
        swap("events.csv", "2004-09-12", "12/09/2004"),
        "events.csv: line 9.date: '12/09/2004' is not valid; allowed: a day written YYYY-MM-DD",
    ),
    bad(
        "an end is before its beginning",
        swap("events.csv", "2003-05-31", "2002-06-09"),
        "events.csv: E1.date_end: '2002-06-09' is not valid; allowed: not before date",
    ),
    bad(
        "a precision is misspelt",
        swap("events.csv", "month,Bands", "moth,Bands"),
        "events.csv: line 2.precision: 'moth' is not valid; allowed: 'day', 'month' or 'year' (nearest valid "
        "name: month)",
    ),
    bad(
        "a label of an event is missing",
        swap("events.csv", "Aid from the rim", ""),
        "events.csv: line 9.label: '' is not valid; allowed: String should have at least 1 character",
    ),
    bad(
        "a state of an event is misspelt",
        swap("events.csv", "ARV,threat", "AVR,threat"),
        "events.csv: E1.state: 'AVR' is not valid; allowed: ARV, BOR (nearest valid name: ARV)",
    ),
    bad(
        "an event is about the patron's own mind",
        swap("events.csv", "BOR,tie,patron", "COR,tie,patron"),
        "events.csv: E7.state: 'COR' is not valid; allowed: ARV, BOR (nearest valid name: BOR)",
    ),
    bad(
        "a kind of event is misspelt",
        swap("events.csv", "coercion", "cohersion"),
        "events.csv: line 8.kind: 'cohersion' is not valid; allowed: 'threat', … (nearest valid name: coercion)",
    ),
    bad(
        "a threat of an event is misspelt",
        swap("events.csv", "threat,raids", "threat,raid"),
        "events.csv: E1.about: 'raid' is not valid; allowed: raids, … (nearest valid name: raids)",
    ),
    bad(
        "a threat of a promise is misspelt",
        swap("events.csv", "credibility,feud", "credibility,fued"),
        "events.csv: E3.about: 'fued' is not valid; allowed: raids, feud, pressure, plots, … (nearest valid "
        "name: feud)",
    ),
    bad(
        "a sponsor of a tie is misspelt",
        swap("events.csv", "tie,rim", "tie,rin"),
        "events.csv: E5.about: 'rin' is not valid; allowed: patron, rim (nearest valid name: rim)",
    ),
    bad(
        "a tie is to a state",
        swap("events.csv", "tie,rim", "tie,COR"),
        "events.csv: E5.about: 'COR' is not valid; allowed: patron, rim",
    ),
    bad(
        "a coercion is by another than the patron",
        swap("events.csv", "coercion,patron", "coercion,rim"),
        "events.csv: E4.about: 'rim' is not valid; allowed: patron",
    ),
    bad(
        "a rival is missing",
        swap("events.csv", "feud,BOR", "feud,"),
        "events.csv: E2.rival: '' is not valid; allowed: BOR",
    ),
    bad(
        "a rival is misspelt",
        swap("events.csv", "feud,BOR", "feud,BRO"),
        "events.csv: E2.rival: 'BRO' is not valid; allowed: BOR (nearest valid name: BOR)",
    ),
    bad(
        "a rival is the state itself",
        swap("events.csv", "feud,BOR", "feud,ARV"),
        "events.csv: E2.rival: 'ARV' is not valid; allowed: BOR",
    ),
    bad(
        "a rival is the patron",
        swap("events.csv", "feud,BOR", "feud,COR"),
        "events.csv: E2.rival: 'COR' is not valid; allowed: BOR (nearest valid name: BOR)",
    ),
    bad(
        "a rival stands where there is no rivalry",
        swap("events.csv", "BOR,threat,raids,", "BOR,threat,raids,ARV"),
        "events.csv: E1.rival: 'ARV' is not valid; allowed: empty but for a rivalry",
    ),
    bad(
        "a sign is zero",
        swap("events.csv", "rim,,1", "rim,,0"),
        "events.csv: line 9.sign: '0' is not valid; allowed: a sign is -1 or 1",
    ),
    bad(
        "a sign is a magnitude",
        swap("events.csv", "rim,,1", "rim,,2"),
        "events.csv: line 9.sign: '2' is not valid; allowed: less than or equal to 1",
    ),
    bad(
        "a sign is a magnitude below zero",
        swap("events.csv", "rim,,1", "rim,,-2"),
        "events.csv: line 9.sign: '-2' is not valid; allowed: greater than or equal to -1",
    ),
    bad(
        "a sign has a decimal point",
        swap("events.csv", "rim,,1", "rim,,1.0"),
        "events.csv: line 9.sign: '1.0' is not valid; allowed: a whole number",
    ),
    bad(
        "a sign has no number",
        swap("events.csv", "rim,,1", "rim,,+"),
        "events.csv: line 9.sign: '+' is not valid; allowed: a whole number",
    ),
    bad(
        "a sign is missing",
        swap("events.csv", "rim,,1", "rim,,"),
        "events.csv: line 9.sign: '' is not valid; allowed: a whole number",
    ),
    bad(
        "a certainty is misspelt",
        swap("events.csv", "TALE,low", "TALE,lo"),
        "events.csv: line 9.certainty: 'lo' is not valid; allowed: 'high', 'medium' or 'low' (nearest valid name:"
        " low)",
    ),
    bad(
        "one of two sources is misspelt",
        swap("events.csv", "TALE,low", "TALE; JUGDED,low"),
        "events.csv: E5.source: 'JUGDED' is not valid; allowed: TALE, JUDGED (nearest valid name: JUDGED)",
    ),
    bad(
        "a source of an event is missing",
        swap("events.csv", "TALE,low", ",low"),
        "events.csv: E5.source: '' is not valid; allowed: TALE, JUDGED",
    ),
    bad(
        "an effect stands twice",
        add("events.csv", "E5,2004-09-12,,day,Aid from the rim,BOR,tie,rim,,-1,TALE,low"),
        "events.csv: E5: 'BOR tie rim' is not valid; allowed: each effect once",
    ),
    # record.csv
    bad(
        "a club of the record is misspelt",
        swap("record.csv", "RING,BOR", "RNIG,BOR"),
        "record.csv: RNIG BOR 2004-11-05: club: 'RNIG' is not valid; allowed: PACT, RING (nearest valid name: RING)",
    ),
    bad(
        "a state of the record is misspelt",
        swap("record.csv", "RING,BOR", "RING,BRO"),
        "record.csv: RING BRO 2004-11-05: state: 'BRO' is not valid; allowed: ARV, BOR, COR (nearest valid name: "
        "BOR)",
    ),
    bad(
        "an act is misspelt",
        swap("record.csv", "abstain", "abstian"),
        "record.csv: PACT BOR 2004-07-01: act: 'abstian' is not valid; allowed: accede, … (nearest valid name: "
        "abstain)",
    ),
    bad(
        "an act is no act",
        swap("record.csv", "PACT,BOR,lapse", "PACT,BOR,zzz"),
        "record.csv: PACT BOR 2004-07-02: act: 'zzz' is not valid; allowed: accede, …",
    ),
    bad(
        "a status is misspelt",
        swap("record.csv", "left", "lift"),
        "record.csv: PACT BOR 2004-07-02: status: 'lift' is not valid; allowed: none, … (nearest valid name: left)",
    ),
    bad(
        "an actor is misspelt",
        swap("record.csv", "treaty", "traety"),
        "record.csv: line 5.actor: 'traety' is not valid; allowed: 'state', 'club' or 'treaty' (nearest valid "
        "name: treaty)",
    ),
    bad(
        "a source of the record is misspelt",
        swap("record.csv", "TALE,joins", "TLAE,joins"),
        "record.csv: PACT BOR 2001-04-20: source: 'TLAE' is not valid; allowed: TALE, JUDGED (nearest valid name:"
        " TALE)",
    ),
    bad(
        "rows are out of order",
        swap("record.csv", "2004-11-05", "2004-07-01"),
        "record.csv: RING BOR 2004-07-01: '2004-07-01' is not valid; allowed: rows in order of date (after "
        "2004-07-02)",
    ),
    bad(
        "an act is older than the club",
        swap("record.csv", "PACT,ARV,accede,2001-01-15", "PACT,ARV,accede,2001-01-14"),
        "record.csv: PACT ARV 2001-01-14: '2001-01-14' is not valid; allowed: a date on which the club exists "
        "(2001-01-15 on)",
    ),
    bad(
        "a state accedes twice",
        add("record.csv", "RING,BOR,accede,2008-01-01,member,state,TALE,"),
        "record.csv: RING BOR 2008-01-01: act: 'accede' is not valid; allowed: a state that is out (it is member)",
    ),
    bad(
        "a state leaves that is not in",
        add("record.csv", "RING,ARV,withdraw,2008-01-01,left,state,TALE,"),
        "record.csv: RING ARV 2008-01-01: act: 'withdraw' is not valid; allowed: a state that is in (it is none)",
    ),
    bad(
        "a state comes into force that never signed",
        drop("record.csv", "returns"),
        "record.csv: PACT BOR 2007-05-12: act: 'enter_into_force' is not valid; allowed: a state that is in (it "
        "is left)",
    ),
    bad(
        "a status cannot follow from an act",
        swap("record.csv", "lapse,2004-07-02,left", "lapse,2004-07-02,member"),
        "record.csv: PACT BOR 2004-07-02: status: 'member' is not valid; allowed: left",
    ),
    bad(
        "an act changes nothing",
        add("record.csv", "PACT,ARV,enter_into_force,2008-01-01,member,treaty,TALE,"),
        "record.csv: PACT ARV 2008-01-01: act: 'enter_into_force' is not valid; allowed: an act that changes the "
        "status (it is member)",
    ),
    bad(
        "a state signs where no term ends",
        swap("record.csv", "PACT,ARV,renew,2004-07-01", "PACT,ARV,renew,2004-06-30"),
        "record.csv: PACT ARV 2004-06-30: act: 'renew' is not valid; allowed: the month in which a term ends that"
        " must be renewed, with a term in force after it (statutes.toml)",
    ),
    bad(
        "a state signs where there is no text to sign",
        swap("statutes.toml", "from = 2004-07-02\nyears = 3", "from = 2004-08-01\nyears = 3"),
        "record.csv: PACT ARV 2004-07-01: act: 'renew' is not valid; allowed: the month in which a term ends that"
        " must be renewed, with a term in force after it (statutes.toml)",
    ),
    bad(
        "a state accedes between sessions where no body sits",
        swap(
            "statutes.toml",
            'from = 2004-07-02\ntext = "A standing',
            'from = 2008-01-01\ntext = "A standing',
        ),
        "record.csv: PACT BOR 2007-03-12: act: 'accede' is not valid; allowed: the month of the session, or one "
        "with a permanent_body in force (statutes.toml)",
    ),
    bad(
        "a state gives up a status that it does not have",
        add("record.csv", "RING,ARV,cease_observing,2008-01-01,none,state,TALE,"),
        "record.csv: RING ARV 2008-01-01: act: 'cease_observing' is not valid; allowed: a state that is observer "
        "(it is none)",
    ),
    bad(
        "a state that has left gives up observing",
        both(
            add("record.csv", "RING,BOR,withdraw,2008-01-01,left,state,TALE,"),
            add("record.csv", "RING,BOR,cease_observing,2008-02-01,none,state,TALE,"),
        ),
        "record.csv: RING BOR 2008-02-01: act: 'cease_observing' is not valid; allowed: a state that is observer "
        "(it is left)",
    ),
    bad(
        "a notice is taken back that was not given",
        add("record.csv", "PACT,ARV,rescind,2008-01-01,member,state,TALE,"),
        "record.csv: PACT ARV 2008-01-01: act: 'rescind' is not valid; allowed: a state that is notice_given (it is"
        " member)",
    ),
    bad(
        "a notice is taken back and no law lets it",
        both(
            add("record.csv", "PACT,ARV,withdraw,2008-01-01,notice_given,state,TALE,"),
            add("record.csv", "PACT,ARV,rescind,2008-03-01,member,state,TALE,"),
        ),
        "record.csv: PACT ARV 2008-03-01: act: 'rescind' is not valid; allowed: a month with a withdrawal in force"
        " that is retractable (statutes.toml)",
    ),
    bad(
        "a state abstains where no term ends",
        add("record.csv", "PACT,ARV,abstain,2007-07-01,member,state,TALE,"),
        "record.csv: PACT ARV 2007-07-01: act: 'abstain' is not valid; allowed: the month in which a term ends "
        "that must be renewed (statutes.toml)",
    ),
    bad(
        "a state does not answer when a term ends",
        drop("record.csv", "PACT,ARV,renew"),
        "record.csv: PACT ARV 2004-07: 'missing' is not valid; allowed: renew or abstain: a term ends",
    ),
    bad(
        "a state answers twice when a term ends",
        swap(
            "record.csv",
            "PACT,BOR,abstain",
            "PACT,BOR,renew,2004-07-01,member,state,TALE,\nPACT,BOR,abstain",
        ),
        "record.csv: PACT BOR 2004-07-01: act: 'abstain' is not valid; allowed: one act of a state in a month "
        "(after renew)",
    ),
    bad(
        "a state gives notice that no statute knows",
        swap("record.csv", "joins\n", "joins\nPACT,BOR,withdraw,2001-05-15,left,state,TALE,\n"),
        "record.csv: PACT BOR 2001-05-15: act: 'withdraw' is not valid; allowed: a month with a withdrawal in "
        "force (statutes.toml)",
    ),
    bad(
        "a state accedes under no statute",
        swap("statutes.toml", "from = 2001-01-15", "from = 2001-01-15\nuntil = 2005-01-01"),
        "record.csv: PACT BOR 2007-03-12: act: 'accede' is not valid; allowed: a month with an accession in force"
        " (statutes.toml)",
    ),
    bad(
        "a state accedes to a club that is closed",
        add("record.csv", "RING,ARV,accede,2009-01-01,member,state,TALE,"),
        "record.csv: RING ARV 2009-01-01: act: 'accede' is not valid; allowed: a month at whose end the club is "
        "open to the state (openness.csv)",
    ),
    bad(
        "a state asks for a suspension that no statute knows",
        add(
            "record.csv", "RING,BOR,request_suspension,2008-01-01,suspension_requested,state,TALE,"
        ),
        "record.csv: RING BOR 2008-01-01: act: 'request_suspension' is not valid; allowed: a month with a "
        "voluntary_suspension in force (statutes.toml)",
    ),
    bad(
        "a state does two things in a month",
        add(
            "record.csv",
            "RING,ARV,accede,2008-01-01,member,state,TALE,\nRING,ARV,withdraw,2008-01-31,left,state,TALE,",
        ),
        "record.csv: RING ARV 2008-01-31: act: 'withdraw' is not valid; allowed: one act of a state in a month "
        "(after accede)",
    ),
    bad(
        "a state leaves before its notice has run",
        add(
            "record.csv",
            "PACT,ARV,withdraw,2008-01-10,notice_given,state,TALE,\nPACT,ARV,leave,2008-05-20,left,treaty,TALE,",
        ),
        "record.csv: PACT ARV 2008-05-20: date: '2008-05-20' is not valid; allowed: 6 months after the notice of "
        "2008-01-10 at least (statutes.toml)",
    ),
    bad(
        "a state is out at once where notice must run",
        add("record.csv", "PACT,ARV,withdraw,2008-01-10,left,state,TALE,"),
        "record.csv: PACT ARV 2008-01-10: status: 'left' is not valid; allowed: notice_given: notice runs 6 months"
        " (statutes.toml)",
    ),
    bad(
        "a state leaves without notice",
        add("record.csv", "PACT,ARV,leave,2008-05-20,left,treaty,TALE,"),
        "record.csv: PACT ARV 2008-05-20: act: 'leave' is not valid; allowed: a state that gave notice (withdraw)"
        " (statutes.toml)",
    ),
    bad(
        "a treaty binds before it is in force",
        swap(
            "record.csv",
            "PACT,ARV,enter_into_force,2001-07-01",
            "PACT,ARV,enter_into_force,2001-06-30",
        ),
        "record.csv: PACT ARV 2001-06-30: date: '2001-06-30' is not valid; allowed: not before the entry into force"
        " (2001-07-01) (statutes.toml)",
    ),
    bad(
        "a seat lapses where no term ends",
        both(
            swap("record.csv", "2004-07-02,left", "2004-09-02,left"),
            drop("record.csv", "returns"),
        ),
        "record.csv: PACT BOR 2004-09-02: act: 'lapse' is not valid; allowed: the month in which a term ends that "
        "must be renewed (statutes.toml)",
    ),
    bad(
        "a suspension takes effect between sessions",
        add(
            "record.csv",
            "PACT,ARV,request_suspension,2008-01-10,suspension_requested,state,TALE,\n"
            "PACT,ARV,suspend,2008-02-10,suspended,club,TALE,",
        ),
        "record.csv: PACT ARV 2008-02-10: date: '2008-02-10' is not valid; allowed: the month of the session (12)"
        " (statutes.toml)",
    ),
    bad(
        "nobody has asked for a suspension",
        add("record.csv", "PACT,ARV,suspend,2008-12-10,suspended,club,TALE,"),
        "record.csv: PACT ARV 2008-12-10: act: 'suspend' is not valid; allowed: a state that is "
        "suspension_requested (it is member) (statutes.toml)",
    ),
    bad(
        "a sanction comes before its law",
        add("record.csv", "PACT,ARV,sanction,2008-12-10,sanctioned,club,TALE,"),
        "record.csv: PACT ARV 2008-12-10: act: 'sanction' is not valid; allowed: a month with a sanction in force"
        " (statutes.toml)",
    ),
    bad(
        "a club withdraws for a state",
        add("record.csv", "PACT,ARV,withdraw,2008-01-10,notice_given,club,TALE,"),
        "record.csv: PACT ARV 2008-01-10: actor: 'club' is not valid; allowed: state for withdraw",
    ),
    bad(
        "a state suspends itself",
        add(
            "record.csv",
            "PACT,ARV,request_suspension,2008-01-10,suspension_requested,state,TALE,\n"
            "PACT,ARV,suspend,2008-12-10,suspended,state,TALE,",
        ),
        "record.csv: PACT ARV 2008-12-10: actor: 'state' is not valid; allowed: club for suspend",
    ),
    # regions, needs that teach, offers, separate instruments and theories
    bad(
        "an offer is misspelt",
        swap("events.csv", "BOR,offer", "BOR,ofer"),
        "events.csv: line 12.kind: 'ofer' is not valid; allowed: 'threat', … (nearest valid name: offer)",
    ),
    bad(
        "a threat of an offer is misspelt",
        swap("events.csv", "offer,raids", "offer,raid"),
        "events.csv: E8.about: 'raid' is not valid; allowed: raids, … (nearest valid name: raids)",
    ),
    bad(
        "an offer is against all threats",
        swap("events.csv", "offer,raids", "offer,any"),
        "events.csv: E8.about: 'any' is not valid; allowed: raids, feud, pressure, plots, smuggling",
    ),
    bad(
        "an offer names who makes it",
        swap("events.csv", "offer,raids,", "offer,raids,ARV"),
        "events.csv: E8.rival: 'ARV' is not valid; allowed: empty but for a rivalry",
    ),
    bad(
        "a state declines that is not in",
        swap(
            "record.csv", "PACT,BOR,decline,2007-06-15,member", "RING,ARV,decline,2007-06-15,member"
        ),
        "record.csv: RING ARV 2007-06-15: act: 'decline' is not valid; allowed: a state that is in (it is none)",
    ),
    bad(
        "a state declines what is not on the table",
        swap("record.csv", "decline,2007-06-15", "decline,2007-07-15"),
        "record.csv: PACT BOR 2007-07-15: act: 'decline' is not valid; allowed: a month in which members sign what "
        "binds only who joins it (statutes.toml)",
    ),
    bad(
        "a state declines what binds every member",
        drop("statutes.toml", "separate = true"),
        "record.csv: PACT BOR 2007-06-15: act: 'decline' is not valid; allowed: a month in which members sign what "
        "binds only who joins it (statutes.toml)",
    ),
    bad(
        "a state freezes by declining",
        swap("record.csv", "decline,2007-06-15,member", "decline,2007-06-15,frozen"),
        "record.csv: PACT BOR 2007-06-15: status: 'frozen' is not valid; allowed: member",
    ),
    bad(
        "a state leaves by declining",
        swap("record.csv", "decline,2007-06-15,member", "decline,2007-06-15,left"),
        "record.csv: PACT BOR 2007-06-15: status: 'left' is not valid; allowed: member or frozen or sanctioned",
    ),
    bad(
        "the patron's courtship stands in the record",
        swap("record.csv", "PACT,BOR,decline", "PACT,BOR,court"),
        "record.csv: PACT BOR 2007-06-15: act: 'court' is not valid; allowed: accede, …",
    ),
]


@pytest.mark.parametrize(("change", "line"), BAD)
def test_a_malformed_case_is_one_line(folder: Path, change: Change, line: str) -> None:
    check_refused(folder, change, line)
