"""What lessons quote: figures of the record, the law and the shipped results, each a function that a template asks."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from publish.counterfactuals import ARROWS, COURSES, MANIFEST, OUTCOMES
from publish.page import number, table
from publish.readme import limits_of
from tashkent import explain
from tashkent.calibration.ladder import FROZEN, WHOLE
from tashkent.cli.new_case import SKELETON
from tashkent.dashboard import ready
from tashkent.dashboard.view import RUNS, from_query
from tashkent.experiments.effect import points_off
from tashkent.experiments.networks import of_record
from tashkent.experiments.predictions import brier
from tashkent.model.case import Case, load_case
from tashkent.model.clock import month_label
from tashkent.model.compilation import compile_case
from tashkent.model.counterfactual import load_counterfactual
from tashkent.model.lawbook import changes as changes_of
from tashkent.model.lawbook import differences, provision, rules_on
from tashkent.model.statuses import is_in

EVIDENCE = Path("results/evidence")
#: acts that fill a record and tell no story
QUIET = ("abstain", "carry_over")
#: what the first of all do who join
SIGNED = "sign, as founders"
EXAMPLE = Path("docs/examples/own_theory.py")


@dataclass(frozen=True)
class Quoted:
    """What lessons quote, from a case and from tables that are kept; each part is Markdown."""

    case: Case
    root: Path

    @cached_property
    def names(self) -> Mapping[str, str]:
        """State -> its name."""
        return {s.state: s.name for s in self.case.states}

    # the record -------------------------------------------------------------------------------------

    def record(self, first: str, last: str, club: str = "CST") -> str:
        """What happened in a club between two months, a row a day and act."""
        rows: dict[tuple[date, str], list[str]] = {}
        for entry in self.case.record:
            within = first <= str(entry.date)[:7] <= last
            if entry.club == club and within and entry.act not in QUIET:
                founds = entry.act == "accede" and entry.date == self._founded(club)
                act = SIGNED if founds else entry.act.replace("_", " ")
                rows.setdefault((entry.date, act), []).append(self.names[entry.state])
        told = [(day, act, ", ".join(who)) for (day, act), who in sorted(rows.items())]
        return table(("day", "act", "states"), told)

    def _founded(self, club: str) -> date:
        """The first day of the record of a club."""
        return min(entry.date for entry in self.case.record if entry.club == club)

    def source(self, code: str) -> str:
        """A source of the case, spelled out."""
        return self.case.sources[code].rstrip(".")

    def members(self, month: str, club: str = "CST") -> str:
        """The states that are in a club at the end of a month by the record, in words, with their number."""
        status = compile_case(self.case).record.status[self._at(month)]
        c = tuple(self.case.clubs).index(club)
        found = [
            self.names[s] for i, s in enumerate(self.case.state_ids) if bool(is_in(status[i, c]))
        ]
        return f"{len(found)}: {', '.join(found)}"

    def events(self, first: str, last: str, *states: str) -> str:
        """What happened to states between two months, a row an event."""
        rows: dict[tuple[str, str], set[str]] = {}
        for event in self.case.events:
            if first <= str(event.date)[:7] <= last and event.state in states:
                rows.setdefault((str(event.date), event.label), set()).add(self.names[event.state])
        told = [(day, label, ", ".join(sorted(who))) for (day, label), who in sorted(rows.items())]
        return table(("from", "event", "states"), told)

    def _at(self, month: str) -> int:
        return self.case.month(month, "month") - self.case.start

    # what states feel -------------------------------------------------------------------------------

    def threats_and_ties(self, month: str) -> str:
        """Each state that decides: its strongest threat, its tie to the patron, and whether it is in that month."""
        inputs, t = compile_case(self.case), self._at(month)
        labels = [threat.label for threat in self.case.threats.values()]
        rows = []
        for state in self.case.deciders:
            s = self.case.state_ids.index(state)
            felt = inputs.situation.threat[t, s]
            worst = int(np.argmax(felt))
            inside = bool(is_in(inputs.record.status[t, s, 0]))
            rows.append(
                (
                    self.names[state],
                    labels[worst] if felt[worst] > 0 else "none",
                    number(float(felt[worst])),
                    number(float(inputs.situation.tie[t, s, 0])),
                    "in" if inside else "out",
                )
            )
        rows.sort(key=lambda row: -float(row[3]))
        return table(
            ("state", "strongest threat", "how strong (0 to 3)", "tie to Russia (SD)", month), rows
        )

    def line(self, month: str, later: str) -> str:
        """Where a line through the ties of a month parts best who is in later, and who is on its wrong side."""
        inputs, t = compile_case(self.case), self._at(month)
        rows = [self.case.state_ids.index(state) for state in self.case.deciders]
        tie = inputs.situation.tie[t, rows, 0]
        inside = is_in(inputs.record.status[self._at(later)][rows, 0])
        cuts = [np.flatnonzero((tie >= cut) != inside) for cut in np.sort(tie)]
        wrong = min(cuts, key=len)
        names = ", ".join(self.names[self.case.deciders[i]] for i in wrong)
        return (
            f"{len(wrong)} of {len(rows)} on the wrong side: {names}"
            if names
            else "nobody on the wrong side"
        )

    def theory(self, name: str) -> str:
        """What a theory of the case says, and what of the idea is measured."""
        found = self.case.theories[name]
        return f"{found.says} What is measured: {_first_small(' '.join(found.measured.split()))}"

    def dilemma(self, month: str) -> str:
        """Of the members of the treaty: what both horns of the dilemma rest on, as far as it is measured."""
        inputs, t = compile_case(self.case), self._at(month)
        menaces = inputs.situation.clubs.menaces[0]
        rows = []
        for state in self.case.deciders:
            s = self.case.state_ids.index(state)
            if not bool(is_in(inputs.record.status[t, s, 0])):
                continue
            believed, doubted = (
                float(inputs.base_terms[name][t, s, 0]) for name in ("protection", "abandonment")
            )
            relieved = believed - doubted
            pressure = float((inputs.situation.threat[t, s] * menaces).sum())
            belief = f"{believed / relieved:.0%}" if relieved else ""
            autonomy = number(float(inputs.situation.autonomy[t, s]))
            rows.append((self.names[state], number(relieved), belief, autonomy, number(pressure)))
        heads = (
            "state",
            "threats that the Treaty would relieve (sum, each 0 to 3)",
            "belief that help would come",
            "how much it wants to stand alone (0 to 1)",
            "pressure by Russia itself (sum, each 0 to 3)",
        )
        return table(heads, rows)

    def reach(self, month: str) -> str:
        """How many instruments of the treaty reach into its members' defence."""
        return f"{compile_case(self.case).situation.reach[self._at(month), 0]:.0f}"

    # the law ----------------------------------------------------------------------------------------

    def law(self, day: str, *rules: str) -> str:
        """Some of the rules of the treaty in force on a day, a row a rule."""
        found = rules_on(self.case, date.fromisoformat(day), "CST")["CST"]
        chosen = [s for s in found if not rules or s.id in rules]
        return table(("where it stands", "rule"), [(provision(s), s.text) for s in chosen])

    def rule_changes(self) -> str:
        """The days on which a rule of the treaty is replaced by another, and what differs."""
        rows = [
            (change.day, provision(replaced.new), differences(replaced).replace("->", "→"))
            for change in changes_of(self.case, "CST")
            for replaced in change.replaced
        ]
        return table(("day", "rule", "what differs"), rows)

    def text(self, rule: str) -> str:
        """The words of a rule."""
        (found,) = (s for s in self.case.statutes if s.id == rule)
        return found.text

    # rivals -----------------------------------------------------------------------------------------

    def between(self, month: str, most: int = 6) -> str:
        """The states that stand between most pairs of others."""
        found = of_record(self.case, self.case.month(month, "month")).states.head(most)
        rows = [
            (self.names[r.state], f"{r.clubs:.0f}", f"{r.between:.0f}", f"{r.rivals_at_table:.0f}")
            for r in found.itertuples()
        ]
        return table(("state", "clubs", "stands between", "rivals at its tables"), rows)

    def rivals_at_a_table(self, month: str) -> str:
        """Pairs of rivals that share a club in a month, in words."""
        pairs = of_record(self.case, self.case.month(month, "month")).pairs
        rows = pairs[(pairs["p_shared"] > 0) & (pairs["rivalry"] > 0)]
        found = zip(rows["state"], rows["other"], strict=True)
        return "; ".join(f"{self.names[a]} and {self.names[b]}" for a, b in found) or "none"

    def in_two(self, month: str) -> str:
        """Which states are in which clubs, a row a state."""
        status = compile_case(self.case).record.status[self._at(month)]
        at = self.case.month(month, "month")
        rows = [
            (
                self.names[state],
                ", ".join(
                    self.case.club_name(club, at)
                    for c, club in enumerate(self.case.clubs)
                    if bool(is_in(status[self.case.state_ids.index(state), c]))
                )
                or "none",
            )
            for state in self.case.deciders
        ]
        return table(("state", f"clubs at the end of {month}"), rows)

    # what the model finds ---------------------------------------------------------------------------

    def answers(self, question: str, start: str) -> str:
        """What is found for a question from a start, a row a state; doubts are of nine cases in ten."""
        found = pd.read_csv(self.root / OUTCOMES)
        asked = (found["counterfactual"] == question) & (found["start"] == start)
        rows = []
        for r in found[asked & (found["theory"] == "whole")].itertuples():
            luck = (r.simulation_high - r.simulation_low) / 2
            change = f"{100 * r.change:+.0f}" if r.change else "0"
            rows.append(
                (
                    f"{self.names[r.state]} in {r.club}",
                    r.month,
                    f"{self._firm(r.baseline)} → {self._firm(r.changed)}",
                    f"{change} ± {number(100 * luck, 1)}",
                    ARROWS[r.implied],
                    ARROWS[r.found],
                )
            )
        heads = ("state", "month", "in", "change ± luck, points", "expected", "found")
        return table(heads, rows)

    def _firm(self, share: float) -> str:
        """A share of the runs of one world, and within how many points it lies of what all draws would give."""
        return f"{share:.0%} ± {points_off(share, self._told['runs'], self._told['runs_per_draw'])}"

    @cached_property
    def _told(self) -> Mapping[str, int]:
        """How many runs the shipped answers rest on, and how many share a draw."""
        kept = pd.read_json(self.root / MANIFEST, typ="series")
        return {key: int(kept[key]) for key in ("runs", "runs_per_draw")}

    def places(self, state: str, month: str) -> str:
        """One quantity where it is met: each number with what it rests on, and by how much it may be off."""
        shared = int(ready.read(self.case, "CF1").clubs["CST"]["per_draw"])
        found = explain(self.case, state, month, "CST").of("CST", "renew").probability
        low, high = np.percentile(found, [5, 95])
        fits = pd.read_csv(self.root / EVIDENCE / "readings.csv").set_index(["theory", "state"])
        outcomes = pd.read_csv(self.root / OUTCOMES)
        (row,) = outcomes[
            (outcomes["theory"] == "whole")
            & (outcomes["start"] == "1998-12")
            & (outcomes["counterfactual"] == "CF1")
            & (outcomes["state"] == state)
            & (outcomes["month"] == month)
        ].itertuples()
        runs, per_draw = self._told["runs"], self._told["runs_per_draw"]
        own = fits.loc[("all together", state), "p_sign"]
        return table(
            ("where", "what it is", self.names[state], "in nine of ten cases"),
            [
                (
                    "*A state*",
                    f"the chance that it signs, the middle of {len(found):,} draws",
                    f"{np.median(found):.0%}",
                    f"a draw has {low:.0%} to {high:.0%}",
                ),
                ("", "the same, the mean over draws", f"{np.mean(found):.0%}", ""),
                (
                    "*Simulate*, *Many runs*, from 1998-12",
                    f"the share of {RUNS} runs, each with a draw of its own",
                    "",
                    f"within {points_off(0.5, RUNS, 1)} points of that mean",
                ),
                (
                    "*What if*, the board",
                    f"the share of {RUNS} runs over {RUNS // shared} draws",
                    "",
                    f"within {points_off(0.5, RUNS, shared)} points",
                ),
                (
                    "the keys",
                    f"the share of {runs:,} runs over {runs // per_draw} draws",
                    f"{row.baseline:.0%}",
                    f"within {points_off(row.baseline, runs, per_draw)} points",
                ),
                (
                    "*Story*, and its stop on phones",
                    "the share of runs that begin in 1992; many have parted from history by then",
                    "",
                    "another question",
                ),
                (
                    "lesson 5",
                    "the chance by a fit that has not seen what it did",
                    f"{own:.0%}",
                    "another question",
                ),
            ],
        )

    def course(self, question: str, start: str) -> str:
        """In how many runs a question changes history, and by which reasons."""
        found = pd.read_csv(self.root / COURSES, keep_default_na=False)
        keys = (found["counterfactual"], found["theory"], found["start"])
        (row,) = found[
            np.logical_and.reduce(
                [k == v for k, v in zip(keys, (question, "whole", start), strict=True)]
            )
        ].itertuples()
        half = f"; half of these have parted by {row.half_parted_by}" if row.half_parted_by else ""
        state, _, reasons = row.carried_by.replace("_", " ").partition(" in ")
        carried = f" Carried by, for {self.names[state]} in {reasons}." if reasons else ""
        since = f"Inputs differ from {row.inputs_differ_from or 'no month'} on"
        share = f"{row.share_changed:.0%} of runs take" if row.share_changed else "no run takes"
        return f"{since}; {share} another course{half}.{carried}"

    def zeros(self, question: str, start: str) -> str:
        """That a nought found for a question is one of construction, where it is; begins with a blank."""
        found = pd.read_csv(self.root / OUTCOMES, dtype={"zero": str})
        found = found[(found["counterfactual"] == question) & (found["start"] == start)]
        built = found.loc[found["theory"] == "whole", "zero"].notna().any()
        words = " A nought above is one of construction here and says nothing about the world."
        return words if built else ""

    def title(self, question: str) -> str:
        """A question by its code, title and words."""
        asked = load_counterfactual(question, self.case)
        return f"{question}, *{asked.title}*: {asked.question}"

    @property
    def runs(self) -> str:
        """On how many paired runs answers rest."""
        return f"{self._told['runs']:,}"

    @property
    def draws(self) -> str:
        """On how many draws of the parameters these runs rest."""
        return f"{self._told['runs'] // self._told['runs_per_draw']:,}"

    @property
    def most_off(self) -> int:
        """Points by which a share of one world may be off, where it is most."""
        return points_off(0.5, self._told["runs"], self._told["runs_per_draw"])

    def renewal(self, *whose: str) -> str:
        """P(it signs in April 1999), of each state by a fit to all others, under one theory or several."""
        found = pd.read_csv(self.root / EVIDENCE / "readings.csv")
        found = found[found["state"] != "all"]
        wide = found.pivot_table(index="state", columns="theory", values="p_sign", sort=False)
        signed = found.drop_duplicates("state").set_index("state")["signed"]
        rows = [
            (
                self.names[state],
                *(f"{wide.loc[state, name]:.0%}" for name in whose),
                "✓" if did else "",
            )
            for state, did in signed.items()
        ]
        return table(("state", *(name.replace("_", " ") for name in whose), "signed"), rows)

    @property
    def weights(self) -> int:
        """How many weights of the value of a seat are fitted."""
        return len(self.case.role("weight"))

    def evidence(
        self, name: str, columns: Mapping[str, str], **where: str | bool | Sequence[str]
    ) -> str:
        """Columns of a table of the examination under heads of ours, in rows where columns have a value or one of some.

        Raises
        ------
        ValueError
            If there is no such row.
        """
        found = pd.read_csv(self.root / EVIDENCE / f"{name}.csv")
        for column, value in where.items():
            chosen = [value] if isinstance(value, str | bool) else value
            found = found[found[column].isin(chosen)]
        if found.empty:
            raise ValueError(f"{name}.csv has no row where {where}")
        rows = [
            [self._said(value) for value in row]
            for row in found[list(columns)].itertuples(index=False)
        ]
        return table(tuple(columns.values()), rows)

    def _said(self, value: object) -> str:
        """A cell of a table of the examination as a class reads it."""
        if isinstance(value, bool | np.bool_):
            return "yes" if value else "no"
        if isinstance(value, float):
            return "minus infinity" if value == -math.inf else number(value, 2)
        text = str(value).replace("_", " ").removesuffix(", nats")
        return re.sub(r"\(([A-Z]{3})\)", lambda at: f"({self.names.get(at[1], at[1])})", text)

    @cached_property
    def limits(self) -> Mapping[str, Any]:
        """The figures of the examination that say what the model cannot do, by name (`publish.readme`)."""
        tables = {path.stem: pd.read_csv(path) for path in (self.root / EVIDENCE).glob("*.csv")}
        return limits_of(self.case, tables)

    @property
    def gains(self) -> tuple[float, float]:
        """What the model gains over the structural steps: with weights as they were judged before, and as fitted."""
        ladder = pd.read_csv(self.root / EVIDENCE / "ladder.csv").query("scope == 'focus'")
        gain = ladder.set_index("rung")["gain"]
        return float(gain[FROZEN]), float(gain[WHOLE])

    # where it is ------------------------------------------------------------------------------------

    def opens(self, *queries: str) -> str:
        """Addresses that lead to the pages of a lesson, to be put behind that of the dashboard.

        Raises
        ------
        ValueError
            If one does not lead where it says.
        """
        for query in queries:
            _, complaints = from_query(self.case, query)
            if complaints:
                raise ValueError(f"{query}: {' '.join(complaints)}")
        told = ", ".join(f"`?{query}`" for query in queries)
        return f"Or at once, behind the address of the page: {told}"

    # predictions ------------------------------------------------------------------------------------

    def scores(self, *confidences: float) -> str:
        """What a prediction scores, by its confidence, if it is right and if not."""
        rows = [
            (f"{c:.0%}", number(brier(c, right=True)), number(brier(c, right=False)))
            for c in confidences
        ]
        return table(("how sure", "right", "wrong"), rows)

    # building ---------------------------------------------------------------------------------------

    def own_theory(self) -> str:
        """The theory of the examples, as it stands in its file."""
        return f"```python\n{(self.root / EXAMPLE).read_text(encoding='utf-8').rstrip()}\n```"

    def skeleton(self) -> str:
        """What a new case consists of."""
        case = load_case(SKELETON)
        states = ", ".join(s.name for s in case.states)
        return f"{states}; clubs {', '.join(case.clubs)}; {month_label(case.start)} to {month_label(case.end)}"


def _first_small(text: str) -> str:
    """A text that goes on after a colon."""
    return f"{text[:1].lower()}{text[1:]}"
