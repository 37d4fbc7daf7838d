"""Patches to a case: what they change, what they leave alone, how they compose, and what they refuse."""

import itertools
import pickle
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tashkent.experiments.input_difference import first_difference
from tashkent.model.case import Case
from tashkent.model.clock import month_label, parse_month
from tashkent.model.compilation import compile_case
from tashkent.model.counterfactual import (
    Counterfactual,
    by_number,
    load_counterfactual,
    parameters_of,
    parse_counterfactual,
    shipped_counterfactuals,
)
from tashkent.model.errors import InputError
from tashkent.model.parameters import ParameterDraws
from tashkent.model.patches.acts import Answer, Forbid, Force, Propose
from tashkent.model.patches.events import AddEvent, FlipEvent, MoveEvent, RemoveEvent, RescaleEvent
from tashkent.model.patches.inputs import ChangeParameter, ChangeSeries
from tashkent.model.patches.law import (
    AddStatute,
    ChangeStatute,
    CloseClub,
    OpenClub,
    ReadOtherwise,
    RemoveClub,
    RemoveStatute,
)
from tashkent.model.patches.patch import Patch
from tashkent.model.record import Ensemble
from tashkent.model.simulate import simulate
from tashkent.model.statuses import Act, Status
from tashkent.model.theory import with_theory
from tests.fuzzer import toml

#: shipped counterfactual -> the first month in which an input of a run from 1992 may differ
FIRST = {
    "CF1": "1999-03",
    "CF2": "1994-05",
    "CF3": "1999-05",
    "CF8": "2005-12",
    "CF9a": "2009-02",
    "CF9b": "2009-02",
    "CF10": "2010-06",
    "CF11": "2009-06",
    "CF12a": "2003-09",
    "CF12b": "2012-12",
    "CF13a": "2009-01",
    "CF13b": "2003-09",
    "CF14": "2003-09",
    "CF15": "2021-05",
}
#: those that change what holds from the first day: a parameter, who exists, a war of 1992
FROM_THE_START = {"CF4", "CF5", "CF6", "CF7"}


def shipped() -> list[str]:
    folder = Path(__file__).parents[1] / "model/cases/cst/counterfactuals"
    return by_number(path.stem for path in folder.glob("*.toml"))


def one(*patches: Patch) -> Counterfactual:
    return Counterfactual(id="one", patches=patches)


def runs_of(
    case: Case, parameters: ParameterDraws, start: str | None = None, end: str | None = None
) -> Ensemble:
    first, last = (None if month is None else parse_month(month) for month in (start, end))
    own = parameters_of(case, parameters)
    return simulate(case, own, seed=3, start=first, end=last)


# the shipped ones ----------------------------------------------------------------------------------


def test_the_fifteen_are_there() -> None:
    numbers = {int("".join(c for c in name if c.isdigit())) for name in shipped()}
    assert numbers == set(range(1, 16))


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_one_changes_the_case_and_says_what_it_asks(case: Case, name: str) -> None:
    found = load_counterfactual(name, case)
    changed = found.apply(case)
    assert changed.hash != case.hash
    assert changed.changed is not None
    assert changed.changed.of is case
    assert found.title
    assert found.question.endswith("?")
    assert found.starts
    assert found.outcomes
    assert all(source.strip() in case.sources for source in found.source.split(";"))


@pytest.fixture(scope="module")
def base(case: Case, some_parameters: ParameterDraws) -> Ensemble:
    """The world as it was, from the first month to the last."""
    return runs_of(case, some_parameters)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(shipped()) - FROM_THE_START))
def test_nothing_before_its_date_changes(
    case: Case, some_parameters: ParameterDraws, base: Ensemble, name: str
) -> None:
    changed = load_counterfactual(name, case).apply(case)
    month = parse_month(FIRST[name])
    first = first_difference(compile_case(case), compile_case(changed), 0)
    assert month_label(case.start + first) == FIRST[name]
    other = runs_of(changed, some_parameters, end=FIRST[name])
    at = month - case.start
    np.testing.assert_array_equal(base.status[:, :at], other.status[:, :at])


@pytest.mark.slow
def test_a_patch_of_the_whole_history_reaches_its_first_month(case: Case) -> None:
    for name in FROM_THE_START:
        changed = load_counterfactual(name, case).apply(case)
        first = first_difference(compile_case(case), compile_case(changed), 0)
        assert first < 3, name


# kinds of patch ------------------------------------------------------------------------------------


def test_events_are_removed_moved_flipped_rescaled_and_added(case: Case) -> None:
    rows = [row for row in case.events if row.event == "E031"]
    removed = one(RemoveEvent(event="E053", kinds=("threat",))).apply(case)
    assert [r.kind for r in removed.events if r.event == "E053"] == ["tie", "offer"]
    flipped = one(FlipEvent(event="E031")).apply(case)
    assert [r.sign for r in flipped.events if r.event == "E031"] == [-r.sign for r in rows]
    scaled = one(RescaleEvent(event="E002", about=("unrest",), factor=0.5)).apply(case)
    signs = [(r.about, r.sign) for r in scaled.events if r.event == "E002" and r.state == "TJK"]
    assert signs == [("unrest", 0.5), ("insurgency", 1), ("patron", 1)]
    k, s = tuple(case.threats).index("unrest"), case.state_ids.index("TJK")
    t = parse_month("1992-06") - case.start
    before, after = (compile_case(c).situation.threat[t, s, k] for c in (case, scaled))
    assert after < before
    moved = one(MoveEvent(event="E003", date=date(1995, 5, 8))).apply(case)
    row = next(r for r in moved.events if r.event == "E003")
    old = next(r for r in case.events if r.event == "E003")
    assert old.date_end is not None
    assert row.date_end is not None
    assert row.date_end - row.date == old.date_end - old.date
    longer = one(MoveEvent(event="E053", date_end=date(2020, 1, 1))).apply(case)
    assert {r.date_end for r in longer.events if r.event == "E053"} == {date(2020, 1, 1)}
    added = one(
        AddEvent(
            event="X1",
            date=date(2000, 1, 5),
            label="A thaw",
            states=("UZB", "GEO"),
            kind="tie",
            about="patron",
            sign=1,
        )
    ).apply(case)
    assert [r.state for r in added.events if r.event == "X1"] == ["UZB", "GEO"]


def test_statutes_are_changed_read_otherwise_removed_and_added(case: Case) -> None:
    slow = one(ChangeStatute(statute="CSTO-19-exit", set={"notice_months": 18})).apply(case)
    rules = slow.law.rules("CST", parse_month("2010-01"))
    assert rules.withdrawal is not None
    assert rules.withdrawal.notice_months == 18
    whole = one(ChangeStatute(statute="CST-4", drop=("until",))).apply
    with pytest.raises(InputError, match="no second rule of kind defence"):
        whole(case)
    read = one(ReadOtherwise(statute="CST-11-term")).apply(case)
    terms = [s for s in read.statutes if s.kind == "term" and s.club == "CST"]
    assert [s.renewal for s in terms] == ["automatic", "automatic"]
    assert read.statutes == case.read_otherwise("CST-11-term").statutes
    gone = one(RemoveStatute(statute="CST-11-term")).apply(case)
    assert gone.statutes == case.without("CST-11-term").statutes
    table = {"id": "X", "club": "GUAM", "kind": "session", "from": date(2000, 1, 1), "month": 6}
    more = {"proposers": 2, "victim_alone": False}
    added = one(AddStatute(statute={**table, **more})).apply(case)
    rules = added.law.rules("GUAM", parse_month("2000-06"))
    assert rules.sits


def test_a_club_is_opened_and_closed(case: Case) -> None:
    t = parse_month("2000-01") - case.start
    s, c = case.state_ids.index("UZB"), tuple(case.clubs).index("SCO")
    assert not compile_case(case).open_to[t, s, c]
    opened = one(OpenClub(club="SCO", states=("UZB",), from_=date(1999, 6, 1))).apply(case)
    assert compile_case(opened).open_to[t, s, c]
    c = tuple(case.clubs).index("CST")
    between = {"from_": date(2000, 1, 1), "until": date(2001, 1, 1)}
    closed = one(CloseClub(club="CST", states=("UZB",), **between)).apply(case)
    months = compile_case(closed).open_to[:, s, c]
    assert [month_label(case.start + int(t)) for t in np.flatnonzero(~months)] == [
        f"2000-{m:02d}" for m in range(1, 13)
    ]
    for_good = one(CloseClub(club="CST", states=("UZB",))).apply(case)
    assert not compile_case(for_good).open_to[:, s, c].any()


def test_series_are_added_to_scaled_and_set_in_their_years_alone(case: Case) -> None:
    years = {"first_year": 2000, "last_year": 2001}
    up = one(ChangeSeries(series="tie_patron", states=("UZB",), add=1.0, **years)).apply(case)
    tie = [compile_case(c).situation.patron_tie for c in (up, case)]
    changed = np.argwhere(tie[0] != tie[1])
    assert {int(s) for _, s in changed} == {case.state_ids.index("UZB")}
    assert {(case.start + int(t)) // 12 for t, _ in changed} == {2000, 2001}
    np.testing.assert_allclose((tie[0] - tie[1])[tie[0] != tie[1]], 1.0)
    level = ChangeSeries(series="tie_patron", states=("ARM", "AZE"), level=True, **years)
    levelled = compile_case(one(level).apply(case)).situation.patron_tie
    pair = [case.state_ids.index(state) for state in level.states]
    within = np.array([(case.start + t) // 12 in (2000, 2001) for t in range(len(tie[1]))])
    mean = tie[1][within][:, pair].mean(axis=1, keepdims=True)
    np.testing.assert_allclose(levelled[within][:, pair], np.repeat(mean, 2, axis=1))
    levelled[within[:, None] & np.isin(range(len(case.states)), pair)] = tie[1][
        within[:, None] & np.isin(range(len(case.states)), pair)
    ]
    np.testing.assert_array_equal(levelled, tie[1])
    zero = one(
        ChangeSeries(series="rivalry", states=("ARM",), partners=("AZE",), scale=0.0, **years)
    ).apply(case)
    values = {
        r.year: r.value for r in zero.rivalry if (r.state, r.rival) == ("ARM", "AZE") and r.value
    }
    assert 1999 in values
    assert not {2000, 2001} & set(values)
    new = one(
        ChangeSeries(series="bond", states=("GEO",), partners=("TKM",), set=0.5, **years)
    ).apply(case)
    assert 0.5 in {r.value for r in new.bonds if (r.state, r.partner) == ("GEO", "TKM")}


@pytest.mark.slow
def test_a_state_that_is_kept_from_an_act_does_not_do_it_and_nobody_else_draws_otherwise(
    case: Case, some_parameters: ParameterDraws
) -> None:
    forbid = Forbid(states=("UZB",), club="CST", act="accede", from_="1999-05", until="2025-12")
    base = runs_of(case, some_parameters, "2000-12").acts()
    other = runs_of(one(forbid).apply(case), some_parameters, "2000-12").acts()

    def accessions(acts: object) -> int:
        table = base if acts is base else other
        return int(((table.state == "UZB") & (table.club == "CST") & (table.act == "accede")).sum())

    assert accessions(base) > 0
    assert accessions(other) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("act", "month", "start", "follows", "rule"),
    [
        ("abstain", "1999-04", "1998-12", "abstain", "CST-11-term"),
        ("renew", "1999-04", "1998-12", "renew", "CST-11-term"),
        ("withdraw", "1996-03", "1995-12", "withdraw", "CST-11-exit"),
        ("request_suspension", "2008-03", "2007-12", "request_suspension", "CSTO-20-own-request"),
        ("freeze", "2008-03", "2007-12", "freeze", "CSTO-participation"),
        ("sanction", "2010-12", "2010-10", "sanction", "CSTO-20-sanction"),
        ("court", "2009-01", "2008-11", "court", "CSTO-participation"),
    ],
)
def test_a_forced_act_happens_once_the_law_allows_it_and_names_the_rule(
    case: Case,
    some_parameters: ParameterDraws,
    act: str,
    month: str,
    start: str,
    follows: str,
    rule: str,
) -> None:
    force = Force(states=("UZB",), club="CST", act=act, from_=month, until=month)
    ensemble = runs_of(one(force).apply(case), some_parameters, start, month)
    acts = ensemble.acts()
    done = acts[(acts.state == "UZB") & (acts.club == "CST") & (acts.month == month)]
    done = done[done.act == follows]
    s, c = ensemble.index("UZB", "CST")
    seated = ensemble.status[:, ensemble.at(parse_month(month)) - 1, s, c] == Status.MEMBER
    if act == "court":  # only who drifts is courted
        assert len(done) > 0
    else:
        assert set(np.flatnonzero(seated)) <= set(done.run)
        assert seated.any()
    assert set(done.rule) == {rule}


@pytest.mark.slow
def test_what_the_law_does_not_allow_is_not_forced(
    case: Case, some_parameters: ParameterDraws, base: Ensemble
) -> None:
    force = Force(states=("UZB",), club="CST", act="freeze", from_="1996-01", until="1996-12")
    other = runs_of(one(force).apply(case), some_parameters)
    np.testing.assert_array_equal(base.status, other.status)


@pytest.mark.slow
def test_a_council_grants_or_refuses_and_the_record_has_learnt_it(
    case: Case, some_parameters: ParameterDraws
) -> None:
    for grant, expected in ((True, "help"), (False, "refuse_help")):
        answer = Answer(date=date(2010, 6, 12), state="KGZ", need="stability", grant=grant)
        changed = one(answer).apply(case)
        acts = runs_of(changed, some_parameters, "2009-12", "2010-06").acts()
        answers = acts[(acts.month == "2010-06") & acts.act.isin(["help", "refuse_help"])]
        assert set(answers.act) == {expected}
        t = parse_month("2010-07") - case.start
        before, after = (
            compile_case(case).recorded_belief_updates[t],
            compile_case(changed).recorded_belief_updates[t],
        )
        assert (after != before).any() == grant
        assert (after >= before).all()


@pytest.mark.slow
def test_a_case_put_forward_for_certain_is_still_the_councils(case: Case) -> None:
    seat = {"states": ("UZB",), "club": "CST", "from_": "2010-01", "until": "2010-12"}
    many = {n: np.full(400, p.mean) for n, p in case.drawn.items()}
    for patches, least, most in (
        ((Propose(act="sanction", **seat),), 0.01, 0.2),
        (
            (Propose(act="sanction", **seat), ReadOtherwise(statute="CSTO-20-sanction")),
            0.2,
            0.8,
        ),
    ):
        acts = runs_of(one(*patches).apply(case), many, "2010-10", "2010-12").acts()
        acts = acts[(acts.month == "2010-12") & (acts.state == "UZB")]
        passed, refused = (
            set(acts[acts.act == name].run) for name in ("sanction", "refuse_sanction")
        )
        assert least < len(passed) / len(passed | refused) < most


@pytest.mark.slow
def test_a_club_that_never_was_leaves_other_draws_alone(
    case: Case, some_parameters: ParameterDraws, base: Ensemble
) -> None:
    changed = one(RemoveClub(club="GUAM")).apply(case)
    assert "GUAM" not in changed.clubs
    other = runs_of(changed, some_parameters, end="1997-09")
    until = parse_month("1997-09") - case.start
    kept = [c for c, name in enumerate(case.clubs) if name != "GUAM"]
    np.testing.assert_array_equal(base.status[:, :until][..., kept], other.status[:, :until])


def test_parameters_are_held_or_drawn_from_another_prior(
    case: Case, some_parameters: ParameterDraws
) -> None:
    held = one(ChangeParameter(parameter="entrapment", value=0.0)).apply(case)
    found = parameters_of(held, some_parameters)
    assert not found["entrapment"].any()
    np.testing.assert_array_equal(found["protection"], some_parameters["protection"])
    prior = one(ChangeParameter(parameter="patron_reluctance", mean=-3.0, sd=0.5)).apply(case)
    found = parameters_of(prior, some_parameters)
    old = case.parameters["patron_reluctance"]
    z = (some_parameters["patron_reluctance"] - old.mean) / (old.sd or 1)
    np.testing.assert_allclose(found["patron_reluctance"], -3.0 + 0.5 * z)
    fixed = one(ChangeParameter(parameter="witness", value=1.0)).apply(case)
    assert fixed.fixed("witness") == 1.0
    assert fixed.drawn == case.drawn


def test_a_theory_is_chosen_first(case: Case, some_parameters: ParameterDraws) -> None:
    alone = with_theory(case, "fear_of_abandonment")
    even_handed = load_counterfactual("CF4", case)
    assert "partisan_patron" not in even_handed.apply(alone).parameters
    late = with_theory(even_handed.apply(case), "fear_of_abandonment")
    with pytest.raises(InputError, match="the theory first, then the counterfactual"):
        parameters_of(late, some_parameters)


def test_the_case_stays_as_it_is_and_a_changed_one_travels(case: Case) -> None:
    before = case.hash, case.events, case.statutes
    changed = load_counterfactual("CF15", case).apply(case)
    assert (case.hash, case.events, case.statutes) == before
    assert case.changed is None
    sent = pickle.loads(pickle.dumps(changed))
    assert sent.hash == changed.hash
    assert sent.changed.orders == changed.changed.orders  # type: ignore[union-attr]


@pytest.mark.slow
def test_the_facade_runs_a_counterfactual_with_the_parameters_of_the_case(case: Case) -> None:
    import tashkent as tk

    changed = load_counterfactual("CF1", case).apply(case)
    base, other = (tk.simulate(c, runs=6, seed=1, start="1998-12") for c in (case, changed))
    for name, values in base.parameters.items():
        np.testing.assert_array_equal(values, other.parameters[name])
    np.testing.assert_array_equal(base.status[:, :3], other.status[:, :3])


# composition ---------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "pair", list(itertools.combinations(["CF1", "CF2", "CF4", "CF6", "CF10", "CF12b"], 2))
)
def test_the_order_of_patches_of_different_things_does_not_matter(
    case: Case, pair: tuple[str, str]
) -> None:
    a, b = (load_counterfactual(name, case) for name in pair)
    one_way, other_way = (a + b).apply(case), (b + a).apply(case)
    assert one_way.hash == other_way.hash
    assert one_way.hash == b.apply(a.apply(case)).hash
    assert one_way.hash not in (a.apply(case).hash, b.apply(case).hash)
    assert first_difference(compile_case(one_way), compile_case(other_way), 0) == len(case.months)


def test_the_order_of_patches_of_one_thing_matters(case: Case) -> None:
    long = one(ChangeStatute(statute="CSTO-19-exit", set={"notice_months": 18}))
    short = one(ChangeStatute(statute="CSTO-19-exit", set={"notice_months": 1}))
    assert (long + short).apply(case).hash == short.apply(case).hash
    assert (short + long).apply(case).hash == long.apply(case).hash
    assert (long + short).apply(case).hash != (short + long).apply(case).hash
    seat = {"states": ("UZB",), "club": "CST", "act": "accede", "from_": "2006-01"}
    yes, no = (kind(until="2006-12", **seat) for kind in (Force, Forbid))
    for patches, low in (((yes, no), False), ((no, yes), True)):
        changed = one(*patches).apply(case).changed
        assert changed is not None
        assert [order.low for order in changed.orders] == [low]


def test_what_together_changes_nothing_is_refused(case: Case) -> None:
    twice = one(FlipEvent(event="E031"), FlipEvent(event="E031"))
    with pytest.raises(InputError, match="patches that change the case together"):
        twice.apply(case)


# errors --------------------------------------------------------------------------------------------

HEAD = 'id = "bad"\ntitle = "Bad"\n'
BAD = [
    ('do = "remove_event"\nevent = "E0311"', "patch 1 (remove_event): event: 'E0311'", "E031)"),
    (
        'do = "remove_event"\nevent = "E031"\nstates = ["GEO"]',
        "states: 'GEO' is not valid; allowed: UZB",
        "",
    ),
    (
        'do = "remove_event"\nevent = "E031"\nkinds = ["threats"]',
        "patch 1 (remove_event).kinds.0: 'threats'",
        "(nearest valid name: threat)",
    ),
    (
        'do = "remove_event"\nevnt = "E031"',
        "patch 1 (remove_event).evnt",
        "nearest valid name: event",
    ),
    ('do = "remove_evnt"\nevent = "E031"', "patch 1.do: 'remove_evnt'", "remove_event)"),
    ('event = "E031"', "patch 1.do: 'missing'", "remove_event"),
    ('do = "move_event"\nevent = "E031"', "patch 1 (move_event)", "a date or a date_end"),
    (
        'do = "move_event"\nevent = "E003"\ndate_end = 1990-01-01',
        "E003.date_end: '1990-01-01'",
        "not before date",
    ),
    (
        'do = "rescale_event"\nevent = "E031"\nfactor = 1.0',
        "change: 'nothing'",
        "changes something",
    ),
    (
        'do = "add_event"\nevent = "X"\ndate = 2000-01-01\nlabel = "x"\nstates = ["UZX"]\n'
        'kind = "tie"\nabout = "patron"\nsign = 1',
        "X.state: 'UZX'",
        "nearest valid name: UZB",
    ),
    (
        'do = "add_event"\nevent = "X"\ndate = 2000-01-01\nlabel = "x"\nstates = ["UZB"]\n'
        'kind = "tie"\nabout = "patron"\nsign = 2',
        "sign: 2 is not valid",
        "-1 or 1",
    ),
    ('do = "remove_statute"\nstatute = "CST-11"', "statute: 'CST-11'", "nearest valid name: CST-1"),
    ('do = "read_otherwise"\nstatute = "CST-3"', "statute: 'CST-3'", "CST-4"),
    (
        'do = "change_statute"\nstatute = "CST-11-term"\nset = { renewl = "automatic" }',
        "CST-11-term.set: 'renewl'",
        "nearest valid name: renewal",
    ),
    (
        'do = "change_statute"\nstatute = "CST-11-term"\nset = { renewal = "tacit" }',
        "CST-11-term.set.renewal: 'tacit'",
        "'opt_in' or 'automatic'",
    ),
    (
        'do = "change_statute"\nstatute = "CST-11-term"\nset = { renewal = "opt_in" }',
        "change: 'nothing'",
        "a patch that changes something",
    ),
    ('do = "change_statute"\nstatute = "CST-11-term"', "change: 'nothing'", "changes something"),
    (
        'do = "change_statute"\nstatute = "CST-11-term"\ndrop = ["years"]',
        "CST-11-term.set.years: 'missing'",
        "a value for years",
    ),
    (
        'do = "add_statute"\nstatute = { id = "X", club = "CST", kind = "witdrawal", from = 2000-01-01 }',
        "statute.kind: 'witdrawal'",
        "nearest valid name: withdrawal",
    ),
    (
        'do = "add_statute"\nstatute = { id = "X", club = "CSTX", kind = "chair", from = 2000-01-01 }',
        "X.club: 'CSTX'",
        "nearest valid name: CST",
    ),
    ('do = "open_club"\nclub = "SC"\nstates = ["UZB"]\nfrom = 2000-01-01', "club: 'SC'", "SCO)"),
    ('do = "close_club"\nclub = "SCO"\nstates = ["RUS"]', "states: 'RUS'", "ARM, AZE"),
    (
        'do = "close_club"\nclub = "SCO"\nstates = ["UZB"]\nfrom = 1990-01-01\nuntil = 1991-01-01',
        "change: 'nothing'",
        "changes something",
    ),
    (
        'do = "change_series"\nseries = "tie_patrn"\nstates = ["UZB"]\nfirst_year = 2000\n'
        "last_year = 2001\nadd = 1.0",
        "series: 'tie_patrn'",
        "nearest valid name: tie_patron",
    ),
    (
        'do = "change_series"\nseries = "tie_patron"\nstates = ["UZB"]\nfirst_year = 1980\n'
        "last_year = 2001\nadd = 1.0",
        "first_year: 1980",
        "a year from 1992 to 2025",
    ),
    (
        'do = "change_series"\nseries = "tie_patron"\nstates = ["UZB"]\nfirst_year = 2002\n'
        "last_year = 2001\nadd = 1.0",
        "last_year: 2001",
        "not before first_year (2002)",
    ),
    (
        'do = "change_series"\nseries = "tie_patron"\nstates = ["UZB"]\nfirst_year = 2000\n'
        "last_year = 2001\nadd = 1.0\nscale = 2.0",
        "patch 1 (change_series)",
        "one of add, scale, set and level",
    ),
    (
        'do = "change_series"\nseries = "tie_patron"\nstates = ["UZB"]\nfirst_year = 2000\n'
        "last_year = 2001\nlevel = true",
        "patch 1 (change_series)",
        "level for two states or more",
    ),
    (
        'do = "change_series"\nseries = "rivalry"\nstates = ["UZB"]\nfirst_year = 2000\n'
        "last_year = 2001\nadd = 1.0",
        "patch 1 (change_series)",
        "partners for rivalry and bond",
    ),
    (
        'do = "change_series"\nseries = "rivalry"\nstates = ["UZB"]\npartners = ["TJK"]\n'
        "first_year = 2000\nlast_year = 2001\nset = 2.0",
        "UZB TJK 2000.value: 2.0",
        "less than or equal to 1",
    ),
    (
        'do = "forbid"\nstates = ["UZB"]\nclub = "CST"\nact = "renw"\nfrom = "1999-04"\nuntil = "1999-04"',
        "act: 'renw'",
        "nearest valid name: renew",
    ),
    (
        'do = "force"\nstates = ["UZB"]\nclub = "CST"\nact = "lapse"\nfrom = "1999-04"\nuntil = "1999-04"',
        "act: 'lapse'",
        "accede, renew, abstain",
    ),
    (
        'do = "force"\nstates = ["UZB"]\nclub = "CST"\nact = "renew"\nfrom = "1999-4"\nuntil = "1999-04"',
        "from: '1999-4'",
        "a month is written YYYY-MM",
    ),
    (
        'do = "force"\nstates = ["UZB"]\nclub = "CST"\nact = "renew"\nfrom = "1999-04"\nuntil = "1999-03"',
        "until: '1999-03'",
        "not before from (1999-04)",
    ),
    (
        'do = "force"\nstates = ["UZB"]\nclub = "CST"\nact = "renew"\nfrom = "2030-04"\nuntil = "2030-05"',
        "from: '2030-04 to 2030-05'",
        "months of the case",
    ),
    (
        'do = "propose"\nstates = ["UZB"]\nclub = "CST"\nact = "accede"\nfrom = "2009-04"\nuntil = "2009-05"',
        "act: 'accede'",
        "sanction, expel",
    ),
    (
        'do = "answer"\ndate = 2010-06-13\nstate = "KGZ"\nneed = "stability"\ngrant = true',
        "date, state and need: '2010-06-13 KGZ stability'",
        "nearest valid name: 2010-06-12 KGZ stability",
    ),
    (
        'do = "remove_club"\nclub = "CST"',
        "club: 'CST' is not valid; allowed: GUAM, SCO, PFP, BASES",
        "",
    ),
    (
        'do = "change_parameter"\nparameter = "entrapmnt"\nvalue = 0.0',
        "parameter: 'entrapmnt'",
        "entrapment)",
    ),
    (
        'do = "change_parameter"\nparameter = "entrapment"\nmean = 0.0',
        "entrapment: 'mean or sd'",
        "a value, for a parameter that is fitted",
    ),
    (
        'do = "change_parameter"\nparameter = "witness"\nmean = 0.2',
        "witness: 'mean or sd'",
        "a value, for a fixed parameter",
    ),
    (
        'do = "change_parameter"\nparameter = "witness"\nvalue = 2.0',
        "witness.mean: 2.0",
        "a number from 0 to 1",
    ),
    (
        'do = "change_parameter"\nparameter = "witness"',
        "patch 1 (change_parameter)",
        "either value, or mean and sd",
    ),
]


@pytest.mark.parametrize(("patch", "says", "offers"), BAD)
def test_a_bad_patch_is_one_line(
    case: Case, tmp_path: Path, patch: str, says: str, offers: str
) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(f"{HEAD}[[patch]]\n{patch}\n")
    with pytest.raises(InputError) as caught:
        load_counterfactual(str(file), case).apply(case)
    line = str(caught.value)
    assert line.startswith("bad.toml: ")
    assert says in line
    assert offers in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id = 'bad'", "patch: 'missing' is not valid; allowed: one table at least"),
        ("id = 'bad'\npatch = []", "patch: []"),
        ("id = 'bad'\npatch = [3]", "patch 1: 3 is not valid; allowed: a table under [[patch]]"),
        ("id = ", "syntax"),
        ("schema = 2\nid = 'bad'", "schema: 2 is not valid; allowed: 1"),
        ("id = 'worse'\n[[patch]]\ndo = 'remove_club'\nclub = 'GUAM'", "id: 'worse'"),
        ("id = 'a b'\n[[patch]]\ndo = 'remove_club'\nclub = 'GUAM'", "counterfactual.id: 'a b'"),
        (
            "id = 'bad'\ntitel = 'x'\n[[patch]]\ndo = 'remove_club'\nclub = 'GUAM'",
            "nearest valid name: title",
        ),
        (
            "id = 'bad'\nstarts = ['1998-13']\n[[patch]]\ndo = 'remove_club'\nclub = 'GUAM'",
            "starts: '1998-13' is not valid; allowed: a month from 1992-05 to 2025-12",
        ),
        (
            "id = 'bad'\nstarts = ['2025-12']\n[[patch]]\ndo = 'remove_club'\nclub = 'GUAM'",
            "bad.toml: starts: '2025-12' is not valid; allowed: a month before 2025-12, the last of the case",
        ),
    ],
)
def test_a_bad_file_is_one_line(case: Case, tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        load_counterfactual(str(file), case).apply(case)
    assert str(caught.value).startswith("bad.toml: ")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("state", "UZX", "outcome.state: 'UZX'"),
        ("club", "GUUAM", "nearest valid name: GUAM"),
        ("status", "frosen", "nearest valid name: frozen"),
        ("month", "2026-01", "outcome.month: '2026-01'"),
        (
            "month",
            "1992-05",
            "outcome.month: '1992-05' is not valid; allowed: a month after 1992-05",
        ),
        ("direction", "upp", "direction: 'upp'"),
        ("whose", "us", "whose: 'us'"),
    ],
)
def test_a_bad_outcome_is_one_line(
    case: Case, tmp_path: Path, key: str, value: str, says: str
) -> None:
    row = {"state": "UZB", "club": "GUAM", "month": "1999-12", "direction": "up", "whose": "seed"}
    row[key] = value
    lines = "\n".join(f'{name} = "{text}"' for name, text in row.items())
    file = tmp_path / "bad.toml"
    file.write_text(f"{HEAD}[[outcome]]\n{lines}\n[[patch]]\ndo = 'remove_event'\nevent = 'E031'\n")
    with pytest.raises(InputError) as caught:
        load_counterfactual(str(file), case).apply(case)
    assert says in str(caught.value)


def test_an_unknown_name_offers_the_nearest(case: Case) -> None:
    with pytest.raises(
        InputError, match=r"'CF16' is not valid; allowed: CF1, CF2.*nearest valid name"
    ):
        load_counterfactual("CF16", case)
    with pytest.raises(InputError, match="a file that can be read"):
        load_counterfactual("nowhere.toml", case)
    assert load_counterfactual("CF1+CF6", case).id == "CF1+CF6"


def test_every_act_of_the_patches_is_one_of_the_law() -> None:
    from tashkent.model.streams import STREAMS

    left_out = set(Act) - set(STREAMS)
    assert Act.DECLINE in left_out  # follows from participation, which is not drawn
    assert len(shipped_counterfactuals.__doc__ or "") > 0


SERIES = {"do": "change_series", "series": "autonomy", "states": ["UZB"], "first_year": 1999}


@pytest.mark.parametrize(
    ("row", "times", "says"),
    [
        ({**SERIES, "last_year": 1999, "add": 1e300}, 1, "add: 1e+300 is not valid; allowed: less"),
        ({**SERIES, "last_year": 1999, "set": -1e6}, 1, "set: -1000000.0 is not valid"),
        (
            {**SERIES, "last_year": 1999, "scale": 999.0},
            2,
            "patch 2 (change_series): autonomy of UZB in 1999: 6",
        ),
        ({"do": "rescale_event", "event": "E031", "factor": 1e300}, 1, "factor: 1e+300"),
        (
            {"do": "rescale_event", "event": "E031", "factor": 999.0},
            2,
            "patch 2 (rescale_event): factor: 999.0 is not valid; allowed: a factor by which no",
        ),
        ({"do": "change_parameter", "parameter": "contagion", "value": -1e9}, 1, "value: -1"),
        (
            {"do": "change_statute", "statute": "CST-11-term", "set": {"years": 10**30}},
            1,
            "set.years: 1000000000000000000000000000000 is not valid; allowed: less",
        ),
    ],
)
def test_numbers_of_a_patch_are_those_of_this_world(
    case: Case, row: dict[str, object], times: int, says: str
) -> None:
    """One that is beyond counting was accepted, and was said back with three hundred digits."""
    with pytest.raises(InputError) as caught:
        parse_counterfactual("id = 'q'\n" + f"[[patch]]\n{toml(row)}\n" * times, "q.toml").apply(
            case
        )
    assert says in str(caught.value)
    assert len(str(caught.value)) < 250
