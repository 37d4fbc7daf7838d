"""The panel of pacts: acts told by rule, terms by hand, a likelihood with a spread between groups, priors of a case."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime

from publish import transfer as publishing
from tashkent.calibration import hierarchy, panel, panel_terms, transfer
from tashkent.calibration.hierarchy import Group, Prior
from tashkent.model.case import Case
from tashkent.model.errors import InputError
from tashkent.model.evidence import world

# they wait for the world's tables and the terms of 25 pacts
pytestmark = pytest.mark.slow


def rows(*own: tuple[str, int, str, str]) -> pd.DataFrame:
    """Rows of one invented pact of real states: state, phase, entry, exit."""
    table = pd.DataFrame(own, columns=["state", "phase", "entry", "exit"])
    return table.assign(atopid=1, pact="Invented", exit=table["exit"].replace("", None))


FIVE = [(s, 0, "1960-01-01", "") for s in ("FRA", "ITA", "BEL", "NLD", "LUX")]


def told(*own: tuple[str, int, str, str]) -> dict[str, tuple[str, str]]:
    return {r.state: (r.began, r.ended) for r in panel.spells(rows(*own)).itertuples()}


# acts ------------------------------------------------------------------------------------------------


def test_who_comes_later_accedes_and_who_goes_alone_chose_it() -> None:
    found = told(*FIVE, ("PRT", 0, "1970-05-01", ""), ("ESP", 0, "1960-01-20", "1966-07-01"))
    assert found["FRA"] == ("founded", "goes on")
    assert found["PRT"] == ("acceded", "goes on")
    assert found["ESP"] == ("founded", "own choice")


def test_the_end_of_a_pact_is_nobodys_choice() -> None:
    found = told(*[(s, 0, "1960-01-01", "1971-03-01") for s in ("FRA", "ITA", "BEL")], *FIVE[3:4])
    assert {found[s][1] for s in ("FRA", "ITA", "BEL")} == {"end of the pact"}
    half = told(*[(s, 0, "1960-01-01", "1971-03-01") for s in ("FRA", "ITA")], *FIVE[2:4])
    assert half["FRA"][1] == "own choice"  # half is not more than half


def test_a_new_phase_goes_on_and_who_joins_with_it_founds() -> None:
    first = [(s, 1, "1960-01-01", "1964-10-23") for s in ("FRA", "BEL", "NLD")]
    second = [(s, 2, "1964-10-23", "") for s in ("FRA", "BEL", "NLD", "ITA")]
    found = panel.spells(rows(*first, *second))
    assert len(found) == 4
    assert set(found["began"]) == {"founded"}
    assert set(found["ended"]) == {"goes on"}


def test_a_state_that_ends_does_not_choose() -> None:
    assert told(*FIVE, ("DDR", 0, "1960-01-01", "1990-10-03"))["DDR"][1] == "end of the state"


def test_a_vote_of_the_others_is_theirs_on_its_day_alone() -> None:
    assert told(*FIVE, ("EGY", 0, "1960-01-01", "1979-03-31"))["EGY"][1] == "vote"
    assert told(*FIVE, ("EGY", 0, "1960-01-01", "1979-04-01"))["EGY"][1] == "own choice"


def test_the_exits_by_own_choice_are_these() -> None:
    found = panel.spells()
    own = found[found["ended"] == "own choice"]
    assert {f"{r.state} {r.exit.year}" for r in own.itertuples()} == {
        "MEX 2004", "NIC 2014", "BOL 2014", "VEN 2015", "ECU 2016", "PAK 1972", "FRA 1974",
        "ALB 1968", "COG 1974", "TCD 1976",
        "MRT 2000", "RWA 2007",
    }  # fmt: skip
    assert found["atopid"].nunique() == 25
    assert set(found.loc[found["ended"] == "vote", "state"]) == {"CUB", "EGY", "SYR"}


@pytest.fixture(scope="module")
def pacts() -> tuple[panel.Pact, ...]:
    return panel.pacts()


def named(pacts: tuple[panel.Pact, ...], name: str) -> panel.Pact:
    return next(pact for pact in pacts if pact.name.startswith(name))


def test_risk_sets(pacts: tuple[panel.Pact, ...]) -> None:
    for pact in pacts:
        before = np.vstack([pact.inside[:1], pact.inside[:-1]])
        assert not (pact.open_to & before).any()
        assert (pact.open_to | ~pact.acceded | before).all()
        assert not (pact.left & ~before).any()
        assert not (pact.acceded & pact.left).any()
    rio = named(pacts, "Rio Treaty")
    cuba, canada = (rio.states.index(s) for s in ("CUB", "CAN"))
    month = 1962 * 12 - rio.first
    assert rio.inside[month - 2, cuba]
    assert not rio.inside[month + 2, cuba]
    assert not rio.left[:, cuba].any()
    assert not rio.open_to[month + 2 :, cuba].any()  # put out by a vote
    assert rio.open_to[month, canada]  # a land border with a member
    assert sum(p.left.sum() for p in pacts) == 12
    warsaw = named(pacts, "Warsaw")
    assert warsaw.first + len(warsaw.inside) == 1991 * 12 + 6


def test_a_state_is_in_reach_by_border_or_distance(pacts: tuple[panel.Pact, ...]) -> None:
    nato = named(pacts, "North Atlantic")
    at = 1985 * 12 - nato.first
    open_then = {s for s, o in zip(nato.states, nato.open_to[at], strict=True) if o}
    assert {"POL", "SWE", "RUS"} <= open_then
    assert not {"JPN", "AUS", "EST"} & open_then  # too far, or no state yet
    apart = panel.distances()
    assert apart.loc["FRA", "BEL"] == pytest.approx(262, abs=15)
    assert (apart.to_numpy() == apart.to_numpy().T).all()


# terms -----------------------------------------------------------------------------------------------


def test_the_patron_is_the_most_capable_member(pacts: tuple[panel.Pact, ...]) -> None:
    weu = named(pacts, "Brussels")
    found = panel_terms.patrons(weu)
    years = list(weu.years)
    assert weu.states[found[years.index(1950)]] == "GBR"
    assert weu.states[found[years.index(2005)]] == "DEU"
    founder = panel_terms.patrons(weu, "most capable founder")
    assert {weu.states[i] for i in founder} == {"GBR"}


def test_exits_are_recent_for_a_year_and_not_in_their_own_month() -> None:
    left = np.zeros((30, 2), bool)
    left[5, 1] = True
    found = panel_terms.left_of_late(left)
    assert not found[:, 0].any()
    assert np.flatnonzero(found[:, 1]).tolist() == list(range(6, 18))


def test_terms_look_only_backwards_and_are_as_their_formulas_say(
    pacts: tuple[panel.Pact, ...],
) -> None:
    nato = named(pacts, "North Atlantic")
    raw = panel_terms.raw_parts(nato)
    i = list(nato.years).index(1980)
    s, usa = nato.states.index("GRC"), nato.states.index("USA")
    share = world.table("trade_share").query("state == 'GRC' and partner == 'USA' and year == 1979")
    assert raw.parts["trade"][i, s] == pytest.approx(share["share"].item())
    assert raw.patron[i] == usa
    turkey = nato.states.index("TUR")
    assert raw.rivalry[i, s, turkey] == 1.0
    unit = panel_terms.Units(dict.fromkeys(raw.parts, 0.0), dict.fromkeys(raw.parts, 1.0))
    none = np.zeros(nato.inside.shape)
    found = panel_terms.terms(nato, raw, unit, none)
    t = int(np.flatnonzero(nato.year_of == i)[5])
    tie = panel_terms.patron_tie(raw, unit)[i]
    by_name = dict(zip(panel_terms.TERMS, found[t, s], strict=True))
    assert by_name["patronage"] == pytest.approx(tie[s])
    inside = nato.inside[t - 1]
    side = raw.rivalry[i, s] / (1 + np.exp(tie[s] - tie)) * inside
    assert by_name["partisan_patron"] == pytest.approx(-side.sum())
    assert by_name["entrapment"] == pytest.approx(-raw.parts["autonomy"][i, s])
    assert by_name["coercion"] == 0.0  # no seat under another
    sheltered = panel_terms.terms(nato, raw, unit, none + 1)[t, s]
    assert sheltered[3] == pytest.approx(-0.5 * raw.parts["menace"][i, s])


# the likelihood --------------------------------------------------------------------------------------


def simulated(groups: int = 8, size: int = 1500, seed: int = 3) -> tuple[list[Group], Prior]:
    rng = np.random.default_rng(seed)
    found = []
    for g in range(groups):
        theta = np.array([0.8, -2.0]) + rng.normal(size=2) * [0.3, 0.5]
        x = np.column_stack([rng.normal(size=size), np.ones(size)])
        done = rng.random(size) < 1 / (1 + np.exp(-x @ theta))
        found.append(Group.of(f"g{g}", x, done))
    return found, Prior(("w", "f"), np.zeros(2), np.array([1.0, 5.0]), np.array([True, False]))


def test_what_groups_share_is_found_again() -> None:
    groups, prior = simulated()
    found = hierarchy.shared(groups, prior)
    assert found.probability.sum() == pytest.approx(1)
    assert np.abs(found.mean - [0.8, -2.0]).max() < 3 * found.sd.max()
    assert 0.1 < found.tau[0] < 0.6
    assert (found.new > found.sd).all()
    draws = found.draws(4000, (1,))
    np.testing.assert_allclose(draws.mean(axis=1), found.mean, atol=0.06)
    np.testing.assert_allclose(draws.std(axis=1), found.new, rtol=0.1)


def test_the_mode_is_one_and_the_evidence_is_that_of_quadrature() -> None:
    groups, prior = simulated(2, 60)
    prior = Prior(prior.names[:1], prior.mean[:1], prior.sd[:1], prior.weights[:1])
    groups = [Group.of(g.name, g.x[:, :1], g.done) for g in groups]
    tau = np.array([0.4])
    node, x = hierarchy._at(groups, prior, tau, np.zeros((3, 1)))
    gradient = approx_fprime(
        x.ravel(), lambda v: hierarchy._log_joint(groups, prior, tau, v.reshape(3, 1)), 1e-6
    )
    assert np.abs(gradient).max() < 1e-3
    grid = np.linspace(-4, 4, 161)
    like = [np.exp(g.log_likelihood(grid[None])) for g in groups]
    normal = np.exp(-0.5 * ((grid[:, None] - grid) / tau) ** 2) / tau  # theta by mu
    per_group = [(own[:, None] * normal).sum(axis=0) * (grid[1] - grid[0]) for own in like]
    weight = np.exp(-0.5 * grid**2) * np.prod(per_group, axis=0)
    exact = np.log(weight.sum() * (grid[1] - grid[0]) / (2 * np.pi) ** 1.5)
    assert node.log_evidence == pytest.approx(exact, abs=0.05)
    mean = (grid * weight).sum() / weight.sum()
    assert node.mean[0] == pytest.approx(mean, abs=0.03)
    sd = np.sqrt((np.square(grid - mean) * weight).sum() / weight.sum())
    assert np.sqrt(node.covariance[0, 0]) == pytest.approx(sd, rel=0.05)


def test_ranks_say_how_many_were_thought_less_likely() -> None:
    weight = np.r_[1.0, np.zeros(8)]
    x = np.zeros((5, 9))
    x[:, 0] = [3.0, 1.0, 2.0, 2.0, 9.0]
    done = np.array([False, False, True, False, False])
    month, state = np.array([1, 1, 1, 1, 2]), np.array([0, 1, 2, 3, 0])
    own = transfer.Choices("g", x, done, np.ones(5, bool), month, state)
    assert transfer._ranks(own, weight)[True] == pytest.approx((1 + 0.5) / 3)
    assert np.isnan(transfer._ranks(own, weight)[False])


def test_equal_choices_stand_once_and_count_as_often() -> None:
    rng = np.random.default_rng(1)
    x, done = rng.integers(0, 3, (200, 2)).astype(float), rng.random(200) < 0.3
    group = Group.of("g", x, done)
    assert len(group.x) <= 18
    assert group.count.sum() == 200
    theta = rng.normal(size=(2, 5))
    z = np.where(done, 1, -1)[:, None] * (x @ theta)
    np.testing.assert_allclose(group.log_likelihood(theta), -np.log1p(np.exp(-z)).sum(axis=0))


# a case ----------------------------------------------------------------------------------------------


@pytest.fixture
def shared(case: Case) -> hierarchy.Shared:
    names = (*transfer.TERMS, *transfer.FRICTIONS)
    n = len(names)
    prior = Prior(names, np.zeros(n), np.ones(n), np.array([True] * 6 + [False] * 3))
    node = hierarchy.Node(
        np.full(n, 0.3), np.arange(1.0, n + 1) / 10, np.eye(n) * 0.16, 0.0, np.zeros((1, n))
    )
    return hierarchy.Shared(prior, (node,), np.ones(1))


def test_priors_of_a_case_are_in_its_units(
    case: Case, shared: hierarchy.Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    scale = {
        "patronage": 0.5,
        "threat": 1.0,
        "partisan_patron": 2.0,
        "coercion": 1.0,
        "entrapment": 0.25,
        "contagion": 1.0,
    }
    monkeypatch.setattr(transfer, "factors", lambda *_: scale)
    units = panel_terms.Units({}, {})
    made = transfer.panel_prior(case, shared, units)
    assert made.parameters["patronage"].mean == pytest.approx(0.1 * 0.5)
    assert made.parameters["patronage"].sd == pytest.approx(
        0.5 * 0.5
    )  # sqrt(0.16 + 0.09) is one half
    assert made.parameters["entrapment"].mean == pytest.approx(0.5 * 0.25)
    other = case.parameters["abandonment"]
    assert made.parameters["protection"].mean == pytest.approx(2 * 0.2 + other.mean)
    assert made.parameters["protection"].sd == pytest.approx(np.hypot(1.0, other.sd))
    assert made.parameters["abandonment"] == other
    assert made.parameters["accede"] == case.parameters["accede"]
    blank = transfer.panel_prior(case, shared, units, blank=True)
    assert (blank.parameters["abandonment"].mean, blank.parameters["abandonment"].sd) == (0.0, 1.0)
    assert blank.parameters["protection"].mean == pytest.approx(0.4)


def test_a_case_of_invented_states_is_refused(minimal: Case) -> None:
    with pytest.raises(
        InputError, match="minimal: patron: 'COR' is not valid; allowed: a case whose"
    ):
        transfer.transfer(minimal)
    real = minimal.varied(
        patron="RUS",
        states=tuple(
            s.model_copy(update={"state": "RUS"}) if s.state == "COR" else s for s in minimal.states
        ),
    )
    with pytest.raises(InputError, match="two states of the world's tables"):
        transfer.check_case(real)


def test_units_of_the_shipped_case(case: Case) -> None:
    units = transfer.assembled().units
    scale = transfer.factors(case, units)
    assert 0.4 < scale["patronage"] < 1.2  # a unit of the case's tie is about one of the panel's
    assert scale["partisan_patron"] == pytest.approx(
        case.fixed("rivalry_unit") / units.sd["rivals"]
    )
    assert scale["entrapment"] > 0


# the page --------------------------------------------------------------------------------------------


def test_the_page_is_made_of_the_tables() -> None:
    assert (publishing.ROOT / publishing.PAGE).read_text(encoding="utf-8") == publishing.page(
        publishing.ROOT
    )


def test_the_page_says_what_came_out() -> None:
    _, tables = publishing.read(publishing.ROOT)
    lost = {**tables, "left_out": tables["left_out"].assign(gain=-5.0)}
    assert "the terms mislead" in publishing.findings(lost)[0]
    won = {**tables, "left_out": tables["left_out"].assign(gain=5.0)}
    assert "the terms travel" in publishing.findings(won)[0]
    flat = {**tables, "weights": tables["weights"].assign(mean=0.0)}
    assert any("sure of: none" in said for said in publishing.findings(flat))


def test_the_tables_count_the_acts_of_the_panel(case: Case) -> None:
    manifest, tables = publishing.read(publishing.ROOT)
    assert manifest["case_hash"] == case.hash, "make transfer"
    assert len(tables["pacts"]) == 25
    assert tables["pacts"]["left"].sum() == 12 == tables["left_out"]["left"].sum()
    assert set(tables["scores"]["prior"]) == set(transfer.ASKED)
    judged = tables["scores"].query("prior == @transfer.JUDGED")
    assert (judged["over"] == 0).all()
