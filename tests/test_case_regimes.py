"""Who rules: events of kind regime, sanctions for a breach by it, and what a record may say of them."""

from pathlib import Path

import numpy as np
import pytest

from tashkent.model.case import Case, load_case
from tashkent.model.choices import open_acts
from tashkent.model.clock import parse_month
from tashkent.model.compilation import compile_case
from tashkent.model.explain import explain
from tashkent.model.simulate import prior_parameters
from tashkent.model.statuses import Act
from tashkent.model.words import story
from tests.case_changes import Change, add, bad, check_refused, statute, swap

KEYS = 'majority = "two_thirds"\nbreach = ["junta"]\nout_of_session = true'
COUP = "E10,2008-02-10,2008-09-20,day,Officers seize power,ARV,regime,junta,,1,TALE,high"
PARAMETER = (
    '{ role = "unscored", mean = -3, sd = 1, unit = "log-odds", reason = "Rare.", source = "TALE" }'
)
SANCTION = "PACT,ARV,sanction,2008-02-19,sanctioned,club,TALE,nine days later"
NOTICE = "PACT,ARV,withdraw,2008-05-02,notice_given,state,TALE,"
LIFT = "PACT,ARV,lift,2008-09-25,notice_given,treaty,TALE,"


def told(*lines: str, law: str = KEYS, event: str = COUP) -> Change:
    """A case in which a coup is a breach, and what the record says of it."""

    def change(folder: Path) -> None:
        add("statutes.toml", statute("sanction", law))(folder)
        swap("statutes.toml", "notice_months = 6", "notice_months = 6\nretractable = true")(folder)
        add("parameters.toml", f"rescind = {PARAMETER}")(folder)
        swap("clubs.toml", "[RING]", '[RING]\nkindred = ["left"]')(folder)
        if event:
            add("events.csv", event)(folder)
        for line in lines:
            add("record.csv", line)(folder)

    return change


BAD = [
    bad(
        "a kind of regime is misspelt",
        told(event=COUP.replace("junta", "jnuta")),
        "events.csv: E10.about: 'jnuta' is not valid; allowed: junta, left (nearest valid name: junta)",
    ),
    bad(
        "nothing hangs on who rules",
        add("events.csv", COUP),
        "events.csv: E10.about: 'junta' is not valid; allowed: a kind of regime that a statute (breach) or a club "
        "(kindred) names",
    ),
    bad(
        "a regime does not rule",
        told(event=COUP.replace(",,1,", ",,-1,")),
        "events.csv: E10.sign: -1 is not valid; allowed: 1 for a regime",
    ),
    bad(
        "a kind of regime is no name",
        told(law=KEYS.replace("junta", "Junta")),
        "statutes.toml: PACT-sanction.breach.0: 'Junta' is not valid; allowed: String should match pattern "
        "'^[a-z][a-z0-9_]*$'",
    ),
    bad(
        "how many decide is no number of them",
        told(law=KEYS.replace("two_thirds", "half")),
        "statutes.toml: PACT-sanction.majority: 'half' is not valid; allowed: true, false or \"two_thirds\"",
    ),
    bad(
        "a state is sanctioned before its coup",
        told(SANCTION.replace("02-19", "02-09")),
        "record.csv: PACT ARV 2008-02-09: act: 'sanction' is not valid; allowed: a state with a regime that is a "
        "breach (junta) on that day, or the month of the session (events.csv)",
    ),
    bad(
        "a state is sanctioned out of a session that the law asks for",
        told(SANCTION, law=KEYS.replace("out_of_session = true", "")),
        "record.csv: PACT ARV 2008-02-19: date: '2008-02-19' is not valid; allowed: the month of the session (12) "
        "(statutes.toml)",
    ),
    bad(
        "a sanction for a coup is before its law",
        add("record.csv", SANCTION),
        "record.csv: PACT ARV 2008-02-19: act: 'sanction' is not valid; allowed: a month with a sanction in force "
        "(statutes.toml)",
    ),
    bad(
        "a sanction is lifted while the junta rules",
        told(SANCTION, LIFT.replace("09-25,notice_given", "09-19,member")),
        "record.csv: PACT ARV 2008-09-19: date: '2008-09-19' is not valid; allowed: a day on which no regime that is"
        " a breach (junta) rules any more (events.csv)",
    ),
    bad(
        "a sanction is lifted that there is not",
        told(LIFT.replace("notice_given", "member")),
        "record.csv: PACT ARV 2008-09-25: act: 'lift' is not valid; allowed: a state that is sanctioned or "
        "notice_given (it is member)",
    ),
    bad(
        "a sanction beside a notice ends it",
        told(SANCTION, NOTICE, LIFT.replace("notice_given", "member")),
        "record.csv: PACT ARV 2008-09-25: status: 'member' is not valid; allowed: notice_given",
    ),
    bad(
        "a notice that is taken back ends a sanction",
        told(SANCTION, NOTICE, "PACT,ARV,rescind,2008-06-01,member,state,TALE,"),
        "record.csv: PACT ARV 2008-06-01: status: 'member' is not valid; allowed: sanctioned",
    ),
    bad(
        "the state lifts its sanction",
        told(SANCTION, LIFT.replace("notice_given,treaty", "member,state")),
        "record.csv: PACT ARV 2008-09-25: actor: 'state' is not valid; allowed: club or treaty for lift",
    ),
]


@pytest.mark.parametrize(("change", "line"), BAD)
def test_a_malformed_case_is_one_line(folder: Path, change: Change, line: str) -> None:
    check_refused(folder, change, line)


@pytest.fixture
def case(folder: Path) -> Case:
    """A coup, a sanction nine days later, a notice beside it, and the end of both."""
    told(SANCTION, NOTICE, LIFT, "PACT,ARV,rescind,2008-10-05,member,state,TALE,")(folder)
    return load_case(folder)


def test_a_sanction_for_a_regime_holds_beside_a_notice(case: Case) -> None:
    inputs = compile_case(case)
    s, c = case.state_ids.index("ARV"), tuple(case.clubs).index("PACT")
    at = {month: parse_month(month) - case.start for month in ("2008-02", "2008-05", "2008-09")}
    assert inputs.record.sanctioned[:, s, c].nonzero()[0].tolist() == list(
        range(at["2008-02"], at["2008-09"])
    )
    ruled = [t for t in range(len(case.months)) if inputs.in_breach(t, c)[s]]
    assert ruled == list(range(at["2008-02"], at["2008-09"]))
    assert not inputs.in_breach(at["2008-02"], c)[case.state_ids.index("BOR")]
    assert inputs.record.status[at["2008-05"], s, c] == inputs.record.status[at["2008-09"], s, c]
    open_to_it = dict(open_acts(inputs, at["2008-05"] + 1, s, c))
    assert open_to_it == {Act.RESCIND: "PACT-exit"}
    assert Act.RESUME not in dict(open_acts(inputs, at["2008-02"] + 1, s, c))
    assert open_acts(inputs, at["2008-09"], s, c) == []  # the council decided on the seat


def test_a_notice_taken_back_is_explained(case: Case) -> None:
    draws = prior_parameters(case, runs=5, seed=1)
    found = explain(case, "ARV", parse_month("2008-10"), draws, "PACT")
    act = found.of("PACT", "rescind")
    assert act.done
    assert [part.name for part in act.parts if part.kind == "friction"] == ["rescind"]
    np.testing.assert_allclose(act.log_odds, act.total.values + draws["rescind"])
    told = " ".join(story(found))
    assert "The record shows that it chose to take back its notice to it." in told
    on_notice = explain(case, "ARV", parse_month("2008-07"), draws, "PACT")
    assert on_notice.status["PACT"] == "notice_given"
    assert not on_notice.takes_part["PACT"]
    assert "It was under a sanction of Pact." in story(on_notice)
    assert "under a sanction" not in told
    with_notice = explain(case, "ARV", parse_month("2008-05"), draws, "PACT")
    assert with_notice.status["PACT"] == "sanctioned"
    assert with_notice.of("PACT", "withdraw").done


def test_who_rules_makes_a_seat_at_home(folder: Path) -> None:
    told(event=COUP.replace("junta", "left"))(folder)
    case = load_case(folder)
    kin = compile_case(case).situation.kin
    months, states, clubs = kin.nonzero()
    assert {case.state_ids[s] for s in states} == {"ARV"}
    assert {tuple(case.clubs)[c] for c in clubs} == {"RING"}
    assert len(months) == 7
    assert np.unique(kin).tolist() == [0.0, 1.0]
