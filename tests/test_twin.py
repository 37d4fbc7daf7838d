"""The engine and its readable twin, written from `docs/odd.md`, tell the same histories."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from itertools import count, cycle
from pathlib import Path
from typing import Any, NamedTuple

import mesa
import numpy as np
import pytest

from tashkent.agents.situation import Floats
from tashkent.calibration.posterior import posterior
from tashkent.calibration.variants import until_fit
from tashkent.experiments import glass_box
from tashkent.experiments.docking import (
    acts_of_twin,
    acts_that_differ,
    differences,
    first_month,
    run_twin,
)
from tashkent.experiments.glass_box import AllianceModel
from tashkent.model.case import Case
from tashkent.model.case.tables import Event, Request
from tashkent.model.clock import MONTHS_PER_YEAR, parse_month
from tashkent.model.parameters import ParameterDraws
from tashkent.model.simulate import prior_parameters, simulate
from tashkent.model.statuses import Act, Status
from tashkent.model.statutes import KINDS, AnyStatute
from tashkent.model.theory import with_theory

SEED = 11
RUNS = 4
#: terms to which the shipped case gives no weight
LATER_TERMS = ("censure", "kinship", "announcement", "defiance")
#: what makes rare acts common: log-odds added to prior draws
OFTEN = {
    "accede": 2.0,
    "exit": 2.5,
    "suspend": 2.5,
    "freeze": 5.0,
    "observe": 4.0,
    "objection": 2.0,
    "release": 3.0,
    "ministers": 2.0,
    "sanction": 6.0,
    "sanction_objection": -2.0,
    "help_objection": 1.0,
    "base_objection": 1.0,
    "court": 2.0,
}


def pushed(drawn: Mapping[str, Floats], by: Mapping[str, float]) -> ParameterDraws:
    """Draws with something added to some parameters; those that only some laws ask for are that number."""
    runs = len(next(iter(drawn.values())))
    asked = {name: np.full(runs, by[name]) for name in by if name not in drawn}
    return ParameterDraws.from_mapping(
        {**{name: values + by.get(name, 0.0) for name, values in drawn.items()}, **asked}
    )


def with_law(case: Case, **changes: Mapping[str, object]) -> Case:
    """A case in which all statutes of some kinds say something else."""
    statutes = [s.model_copy(update=dict(changes.get(s.kind, {}))) for s in case.statutes]
    return replace(case, statutes=tuple(statutes))


def read_otherwise(case: Case, *but: str) -> Case:
    """A case in the readings that were not taken."""
    readings: list[Any] = [
        s.read_otherwise() if s.other_reading and s.id not in but else s for s in case.statutes
    ]
    return replace(case, statutes=tuple(readings))


def one_restoration(case: Case) -> Case:
    """A former party has to join everything first, from the beginning."""
    kept = [s for s in case.statutes if s.id != "CSTO-2012-restoration"]
    first = date(1992, 5, 15)
    rule = {"from_": first, "until": None, "price": "acquis", "since": first}
    return with_law(replace(case, statutes=tuple(kept)), restoration=rule)


def closed_ranks(case: Case) -> Case:
    """Little is automatic and few may decide: short arrears, many proposers, the acts joined."""
    kept = [s for s in case.statutes if s.kind not in ("limited_format", "defence")]
    return with_law(
        replace(case, statutes=tuple(kept)),
        arrears={"months": 3},
        bases={"consent": True},
        forces={"interim": True, "covers": ("external", "stability")},
        incompatible={"suspects": ("GUAM", "PFP")},
        session={"proposers": 5, "victim_alone": False},
        withdrawal={"notice_months": 0, "settlement": True},
    )


def from_the_treaty_on(case: Case) -> Case:
    """The session sits when terms end, each year, and what it may decide it may from 1994 on."""
    first = {"from_": date(1994, 4, 20)}
    kept = [s for s in case.statutes if s.id != "CST-P1999"]
    return with_law(
        replace(case, statutes=tuple(kept)),
        term={"years": 1, "until": None},
        session=first | {"month": 4, "held": ()},
        arrears=first | {"months": 2},
        **dict.fromkeys(("voluntary_suspension", "participation", "sanction", "expulsion"), first),
    )


def exclusive_clubs(case: Case) -> Case:
    """Whoever is in the pact is in no other club, and the council meets each December."""
    bars = {"bars": ("GUAM", "SCO", "PFP"), "suspects": ()}
    return with_law(case, incompatible=bars, session={"held": ()})


def stern_accounts(case: Case) -> Case:
    """Debts cost posts and participation by themselves, and armed bands take the place of unrest."""
    requests = tuple(
        row.model_copy(update={"kind": "incursion", "against": ""}) if row.kind != "base" else row
        for row in case.requests
    )
    takes = ("posts", "participation")
    return with_law(
        replace(case, requests=requests),
        arrears={"automatic": True, "months": 4, "takes": takes},
        defence={"covers": ("stability",)},
    )


def frequent_needs(case: Case) -> Case:
    """In each month but some, another state needs help of another kind; every third need is met.

    Two attacks of three are by a state of the case, the next in its order.
    """
    kinds = cycle(("external", "stability", "incursion", "stability", "base"))
    states = cycle(case.deciders)
    attackers = dict(zip(case.deciders, (*case.deciders[1:], case.deciders[0]), strict=True))
    rows = []
    for number, month in zip(count(), range(case.start - 3, case.end + 1), strict=False):
        state, kind = next(states), next(kinds)
        by_state = kind == "external" and number % 3 > 0
        if number % 4:
            rows.append(
                Request.model_validate(
                    {
                        "date": date(month // MONTHS_PER_YEAR, month % MONTHS_PER_YEAR + 1, 9),
                        "state": state,
                        "kind": kind,
                        "asked": number % 7 > 0,
                        "met": None if kind == "base" else number % 3 == 0,
                        "against": attackers[state] if by_state else "",
                        "why": "a need",
                        "source": "GK",
                    }
                )
            )
    return replace(case, requests=tuple(rows))


def needs_without_regions(case: Case) -> Case:
    """Frequent needs, wherever; a forum promises help as well, and the council decides by objections."""
    case = frequent_needs(case)
    kept = [s for s in case.statutes if s.kind not in ("regions", "limited_format")]
    clubs = case.clubs | {"SCO": case.clubs["SCO"].model_copy(update={"guarantee": True})}
    return replace(case, statutes=tuple(kept), clubs=clubs)


def needs_of_who_goes(case: Case) -> Case:
    """A state is helped against everything in the month in which it is suspended."""
    given = {"date": date(2012, 12, 3), "state": "UZB", "asked": True, "met": True}
    rows = [
        Request.model_validate(given | {"kind": kind, "why": "a need", "source": "GK"})
        for kind in ("external", "incursion", "stability")
    ]
    return replace(case, requests=tuple(rows))


def forum_of_posts(case: Case) -> Case:
    """The pact promises no help, so that less is at stake; debtors lose posts, and return is dear."""
    case = one_restoration(stern_accounts(case))
    clubs = case.clubs | {"CST": case.clubs["CST"].model_copy(update={"guarantee": False})}
    return with_law(replace(case, clubs=clubs), benefit={"posts": True})


def drifting(case: Case) -> Case:
    """Half of the law is side agreements, and members may take part or not from the treaty on."""
    separate = {"separate": True}
    return with_law(
        case,
        participation={"from_": date(1994, 4, 20)},
        bases=separate,
        benefit=separate,
        defence=separate,
        forces=separate,
        session=separate,
    )


def asking_for(case: Case, *names: str, role: Mapping[str, str] = {}) -> Case:
    """A case with parameters for which its law asks; their draws are those that a scenario adds."""
    like = case.parameters["observe"]
    asked = {n: like.model_copy(update={"role": role.get(n, "unscored")}) for n in names}
    return replace(case, parameters={**case.parameters, **asked})


def coups(case: Case) -> Case:
    """In every third year a junta seizes each state for a year and a half; the pact answers out of session."""
    kinds = {
        "breach": ("junta", "one_party"),
        "lifting": "vote",
        "out_of_session": True,
        "majority": "two_thirds",
    }
    events = []
    for number, state in enumerate(case.deciders):
        for year in range(1996 + number % 3, 2024, 3):
            given = {
                "event": f"coup {state} {year}",
                "label": "a coup",
                "state": state,
                "kind": "regime",
            }
            span = {
                "date": date(year, 1 + number, 17),
                "date_end": date(year + 1, 3 + number % 4, 30),
            }
            more = {
                "about": "junta",
                "sign": 1,
                "precision": "day",
                "source": "GK",
                "certainty": "high",
            }
            events.append(Event.model_validate(given | span | more))
    clubs = case.clubs | {"SCO": case.clubs["SCO"].model_copy(update={"kindred": ("junta",)})}
    weights = dict.fromkeys(LATER_TERMS, "weight")
    case = asking_for(one_restoration(case), "rescind", "walkout", *LATER_TERMS, role=weights)
    return with_law(
        replace(case, clubs=clubs, events=(*case.events, *events)),
        sanction=kinds | {"from_": date(1996, 1, 1)},
        session={"from_": date(1996, 1, 1)},
        withdrawal={"notice_months": 9, "retractable": True, "clause": False, "settlement": False},
        voting={"concerned_out": True, "majority": True, "from_": date(1996, 1, 1)},
        restoration={"from_": date(1999, 5, 1), "until": date(2014, 1, 1), "invites": True},
    )


def ends_and_blocs(case: Case) -> Case:
    """One club ends on a day, others with their last members; two states end; a bloc leaves together; two lead."""

    def law(kind: str, club: str, from_: date, **more: object) -> AnyStatute:
        words = dict.fromkeys(("instrument", "article", "text"), "as agreed")
        given = {
            "id": f"{club}-{kind}-{from_}",
            "kind": kind,
            "club": club,
            "from": from_,
            "source": "GK",
        }
        return KINDS[kind].model_validate(given | words | more)

    clubs, states = tuple(case.clubs), case.deciders
    new = [
        law("dissolution", clubs[1], date(2009, 5, 17)),
        *(law("dissolution", club, date(1993, 1, 1), below=6) for club in (clubs[0], *clubs[2:])),
        law("extinction", clubs[0], date(2004, 3, 31), state=states[0]),
        law("extinction", clubs[0], date(2006, 7, 1), state=states[1]),
        law("bloc", clubs[-1], date(1994, 1, 1), leaves=(clubs[0], clubs[2])),
        law("bloc", clubs[2], date(1998, 1, 1), leaves=(clubs[-1],)),
    ]
    given = tuple(
        s.model_copy(update={"role": "patron"}) if s.state == states[-1] else s for s in case.states
    )
    case = replace(
        case,
        states=given,
        statutes=(*case.statutes, *new),
        events=tuple(e for e in case.events if states[-1] not in (e.state, e.rival)),
        rivalry=tuple(r for r in case.rivalry if states[-1] not in (r.state, r.rival)),
        bonds=tuple(b for b in case.bonds if states[-1] not in (b.state, b.partner)),
    )
    return with_law(asking_for(case, "rescind", "jointly"), withdrawal={"retractable": True})


class Scenario(NamedTuple):
    """A case with its law changed, and draws that bring out what changed."""

    case: Case
    parameters: ParameterDraws
    start: int | None


#: name -> (the case, what is added to the draws, the start)
SCENARIOS: dict[str, tuple[Callable[[Case], Case], dict[str, float], str | None]] = {
    "often": (with_law, OFTEN, None),
    "sanctions": (with_law, {"freeze": 4, "resume": -2, "sanction": 6}, "2003-12"),
    "frozen at the start": (with_law, OFTEN, "2024-06"),
    "read otherwise": (lambda case: read_otherwise(case, "CST-11-term"), OFTEN, None),
    "absence blocks": (
        lambda case: with_law(case, voting={"absence_blocks": True}),
        {"freeze": 2, "accede": 2, "exit": 2},
        None,
    ),
    "dear return": (one_restoration, {"exit": 4, "accede": 5, "compliance": 0.3}, None),
    "closed ranks": (closed_ranks, OFTEN | {"accede": 4, "sanction_objection": -1}, "2003-12"),
    "from the treaty on": (from_the_treaty_on, OFTEN | {"renew": 2}, None),
    "exclusive clubs": (exclusive_clubs, OFTEN | {"accede": 6, "objection": -3}, None),
    "stern accounts": (stern_accounts, {"freeze": 5, "exit": 3, "resume": -1}, "2003-12"),
    "no text": (lambda case: case.without("CST-P1999"), {"accede": 3}, "1998-12"),
    "frequent needs": (frequent_needs, {"exit": 2, "patron_reluctance": -1}, None),
    "needs of the record": (frequent_needs, {"exit": 3, "abandonment": 2}, "2010-06"),
    "needs without regions": (needs_without_regions, {"exit": 2, "accede": 2}, None),
    "needs before the case": (
        lambda case: replace(frequent_needs(case), start=parse_month("2004-06")),
        {"exit": 3, "abandonment": 2},
        None,
    ),
    "needs of who goes": (needs_of_who_goes, {"exit": 3, "abandonment": 6}, "2012-12"),
    "forum of posts": (
        forum_of_posts,
        {"exit": 4, "freeze": 5, "accede": 5, "compliance": 1, "patronage": 4},
        None,
    ),
    "drifting": (drifting, {"court": 4, "exit": 2, "freeze": 3, "resume": 3}, None),
    "coups": (
        lambda case: coups(frequent_needs(case)),
        {"exit": 3, "rescind": -2, "walkout": -0.5, "sanction": 3, "accede": 3, "observe": 3}
        | {"freeze": 4, "resume": 2, "objection": 4}
        | dict.fromkeys(LATER_TERMS, 0.7),
        "1998-12",
    ),
    "ends and blocs": (
        lambda case: frequent_needs(ends_and_blocs(case)),
        {"exit": 3, "jointly": 2.5, "rescind": -3, "accede": 3},
        "1998-12",
    ),
    "contagion": (with_law, {"contagion": 4, "exit": 4, "accede": 4}, None),
    "without compliance": (
        lambda case: with_theory(one_restoration(case), "-compliance"),
        {"exit": 4, "accede": 5},
        None,
    ),
    "without protection": (lambda case: with_theory(case, "-protection"), OFTEN, None),
    "no patronage, no posts": (
        lambda case: with_theory(stern_accounts(case), "-patronage"),
        {"freeze": 5, "exit": 3},
        "2003-12",
    ),
    "one theory": (lambda case: with_theory(case, "fear_of_entrapment"), {"court": 2}, None),
    "no term at all": (lambda case: with_theory(case, "default_rule"), {"exit": 2}, None),
}


@pytest.fixture(scope="module")
def drawn(case: Case) -> dict[str, ParameterDraws]:
    return {
        "prior": prior_parameters(case, runs=RUNS, seed=SEED),
        "posterior": posterior(case).draws(runs=RUNS, seed=SEED),
    }


#: laws under which between them every act comes up; the others are looked at up to the end of the fit
RICH_RUNS = 2
RICH = ("sanctions", "closed ranks", "from the treaty on", "coups", "ends and blocs")


@pytest.fixture(scope="module")
def scenarios(case: Case, drawn: dict[str, ParameterDraws]) -> dict[str, Scenario]:
    found = {}
    for name, (change, by, start) in SCENARIOS.items():
        month = None if start is None else parse_month(start)
        short = name not in RICH and (month or case.start) < case.fit_until - MONTHS_PER_YEAR
        changed = change(until_fit(case) if short else case)
        values = drawn["prior"].of(key for key in drawn["prior"] if key in changed.drawn)
        found[name] = Scenario(changed, pushed(values, by), month)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "runs", "start"),
    [
        pytest.param("prior", 2, "1992-05", id="first"),
        pytest.param("posterior", 2, "1992-05", id="first, by the posterior"),
        pytest.param("posterior", 2, "1998-12", id="term"),
        pytest.param("prior", 2, "2006-12", id="restored"),
        pytest.param("posterior", 2, "2010-06", id="declined"),
        pytest.param("prior", 2, "2012-08", id="request"),
        pytest.param("posterior", 3, "2020-12", id="late"),
    ],
)
def test_same_statuses_and_acts(
    case: Case, drawn: dict[str, ParameterDraws], source: str, runs: int, start: str
) -> None:
    found = differences(case, drawn[source], seed=SEED, runs=runs, start=parse_month(start))
    assert [str(difference) for difference in found] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_same_under_other_laws(scenarios: dict[str, Scenario], name: str) -> None:
    changed, parameters, start = scenarios[name]
    runs = RICH_RUNS if name in RICH else 1
    found = differences(changed, parameters, seed=SEED, runs=runs, start=start)
    assert [str(difference) for difference in found] == []


@pytest.mark.slow
def test_what_is_compared_is_rich(scenarios: dict[str, Scenario]) -> None:
    """The runs that are compared come by every act under these laws."""
    acts = set[str]()
    for name in RICH:
        changed, parameters, start = scenarios[name]
        some = {key: values[:RICH_RUNS] for key, values in parameters.items()}
        found = simulate(changed, some, seed=SEED, start=start).acts()
        assert found["rule"].astype(bool).all()
        acts |= set(found["act"])
    assert acts == {act.name.lower() for act in Act}


@pytest.mark.slow
def test_a_request_is_pending_at_the_last_start(
    case: Case, drawn: dict[str, ParameterDraws]
) -> None:
    numbers = {name: float(values[0]) for name, values in drawn["posterior"].items()}
    twin = AllianceModel(case, numbers, start=parse_month("2012-08"))
    assert Status.SUSPENSION_REQUESTED in twin.statuses.values()
    assert twin.history == [bytes(twin.statuses.values())]


@pytest.mark.slow
def test_a_different_act_is_reported(case: Case, drawn: dict[str, ParameterDraws]) -> None:
    acts = acts_of_twin(run_twin(case, drawn["posterior"], seed=SEED, run=0))
    changed = acts.copy()
    month, state, club, act, rule = min(acts)
    changed[month, state, club, act, rule] -= 1
    changed[max(acts)] += 1
    (found,) = first_month(acts_that_differ(0, acts, changed))
    assert (found.month, found.state, found.club, found.only_in) == (month, state, club, "engine")
    assert act in str(found)


def test_the_twin_uses_nothing_of_the_engine() -> None:
    tree = ast.parse(Path(glass_box.__file__).read_text(encoding="utf-8"))
    imported = {
        f"{node.module}.{name.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    inside = {name for name in imported if name.split(".")[0] in {"tashkent", "benchmarks"}}
    given = (
        "tashkent.model.draws",
        "tashkent.model.case.",
        "tashkent.model.clock.",
        "tashkent.model.statuses.Status",
        "tashkent.model.statuses.Act",
        "tashkent.model.statutes.",
    )
    assert all(name.startswith(given) for name in inside)


@pytest.mark.slow
def test_it_runs_in_mesas_batch_runner(
    case: Case, drawn: dict[str, ParameterDraws], monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = {name: float(values[0]) for name, values in drawn["posterior"].items()}
    given = {"case": case, "parameters": [numbers], "run": [0, 1], "start": case.end - 24}
    # it would change the start method of the whole process
    monkeypatch.setattr("multiprocessing.set_start_method", lambda *_, **__: None)
    rows = mesa.batch_run(AllianceModel, given, rng=[SEED], display_progress=False)
    expected = [AllianceModel(case, numbers, seed=SEED, run=r, start=case.end - 24) for r in (0, 1)]
    for model in expected:
        model.run_to_end()
    assert [row["statuses"] for row in rows] == [model.history[-1] for model in expected]
