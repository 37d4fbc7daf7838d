"""The examination of a case: the tables of its stages, what follows from them, and the bars.

`tashkent validate` is this with words around it; what each stage does is in `calibration.stages`.
"""

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tashkent.calibration import stages
from tashkent.calibration.contests import (
    ALL,
    SCOPES,
    calibration_curve,
    gains,
    pooled_scores,
    stronger_steps,
)
from tashkent.calibration.forecasters import BACKED_OFF, LOGIT, MODEL, STEPS
from tashkent.calibration.joining import with_rules
from tashkent.calibration.ladder import intervals
from tashkent.calibration.patterns import Patterns, load_patterns
from tashkent.calibration.posterior import posterior
from tashkent.calibration.recovery import histogram, summary, together
from tashkent.calibration.rivals import EVERYTHING
from tashkent.calibration.stages import Effort, Tables
from tashkent.model.arguments import workers_of
from tashkent.model.case import Case
from tashkent.model.clock import month_label
from tashkent.model.plain import plain_rows
from tashkent.model.workers import StageProgress

LIBRARIES = ("tashkent", "dynesty", "numpy", "pandas", "pyarrow", "scipy", "statsmodels")
#: edges of the calibration curve
EDGES = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.7, 1.0)
#: a change of P(in) that is worth a row of the compact set
WORTH = 0.05
#: months between the rows of P(in) in the compact set
SPARSE = 3


@dataclass(frozen=True, eq=False)
class Validation:
    """All tables of an examination, and what follows from them."""

    case: Case
    effort: Effort
    patterns: Patterns
    tables: Tables

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Leave one state out: scores by contender, scope and state, the model with imputed inputs among them."""
        found = self.tables["scores"]
        if "imputed_scores" not in self.tables:
            return found
        names = ("imputed_scores", "imputed_predictions")
        more = pooled_scores(self.case, *(self.tables[name] for name in names))
        return pd.concat([found, more], ignore_index=True)

    @cached_property
    def held_out(self) -> pd.DataFrame:
        """Leave one state out: sums over states and gains over the steps, by contender and scope."""
        return gains(self.scores[self.scores["scope"].isin(SCOPES)])

    @cached_property
    def held_out_clubs(self) -> pd.DataFrame:
        """The same by club."""
        return gains(self.scores[~self.scores["scope"].isin(SCOPES)])

    @cached_property
    def intervals(self) -> pd.DataFrame:
        """The model's gains over the stronger steps and the logit, with intervals by a bootstrap over states."""
        found = self.tables["scores"]
        best = stronger_steps(found)
        parts = [
            intervals(part, MODEL, [best[str(scope)], LOGIT], self.effort.seed)
            for scope, part in found.groupby("scope", sort=False)
        ]
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def risks(self) -> pd.DataFrame:
        """How every spell of a seat ended, beside the cumulative risk; the least likely endings first."""
        found = self.tables["risks"]
        found = found[found["who"].isin([MODEL, BACKED_OFF, LOGIT])]
        keys = ["state", "club", "since"]
        model = found[found["who"] == MODEL].set_index(keys)
        model = model.assign(likely=np.where(model["done"], _ending(model), 1 - model["monthly"]))
        at = pd.MultiIndex.from_frame(found[keys])
        found = found.assign(likely=model["likely"].reindex(at).to_numpy())
        return found.sort_values("likely", kind="stable", ignore_index=True)

    @cached_property
    def forward(self) -> pd.DataFrame:
        """The same for what followed each month, with the score of all states at once (`joint`)."""
        if "forward" not in self.tables:
            return pd.DataFrame()
        parts = []
        for held, part in self.tables["forward"].groupby("held", sort=False):
            joint = part[part["state"] == ALL].set_index(["who", "scope"])["log_score"]
            found = gains(part)
            at = pd.MultiIndex.from_frame(found[["who", "scope"]])
            parts.append(found.assign(held=held, joint=joint.reindex(at).to_numpy()))
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def acts(self) -> pd.DataFrame:
        """Held-out probability of every move, and of every signature at a renewal, by contender."""
        found = self.tables["predictions"]
        kept = found[found["done"] | (found["choice"] == "renew")]
        return kept.assign(month=[month_label(m) for m in kept["month"]])

    @cached_property
    def curve(self) -> pd.DataFrame:
        """Held-out probabilities in bins beside shares, for the model, the steps and the logit."""
        found = self.tables["predictions"]
        return calibration_curve(found[found["who"].isin([MODEL, BACKED_OFF, LOGIT])], EDGES)

    @cached_property
    def pattern_table(self) -> pd.DataFrame:
        """Every measure of every pattern, with what it says; the model's beside the steps' where both have one."""
        parts = [self.tables["patterns"], self.tables.get("participation", pd.DataFrame())]
        if "ablation" in self.tables:
            parts.append(stages.saves_rows(self.case, self.patterns, self.tables["ablation"]))
        found = pd.concat([part for part in parts if len(part)] or [pd.DataFrame()])
        if found.empty:
            return found
        says = {pattern.id: pattern.says for pattern in self.patterns.pattern}
        found = found.assign(says=[says[i] for i in found["id"]], start=found["start"].fillna(""))
        order = {pattern.id: i for i, pattern in enumerate(self.patterns.pattern)}
        found["place"] = [order[i] for i in found["id"]]
        return found.sort_values(["place", "start"], kind="stable", ignore_index=True).drop(
            columns="place"
        )

    @cached_property
    def chance(self) -> pd.DataFrame:
        """The gain of the case as it is among those of permutations, by scope."""
        found = self.tables["permutations"]
        rows = []
        for name, part in found.groupby("scope", sort=False):
            true = float(part.loc[part["number"] < 0, "gain"].iloc[0])
            permuted = part.loc[part["number"] >= 0, "gain"].to_numpy()
            better = int((permuted >= true).sum())
            rows.append(
                {
                    "scope": name,
                    "gain": true,
                    "permutations": len(permuted),
                    "as_good": better,
                    "share": better / max(1, len(permuted)),
                    "mean": float(permuted.mean()) if len(permuted) else np.nan,
                    "sd": float(permuted.std()) if len(permuted) else np.nan,
                    "best": float(permuted.max()) if len(permuted) else np.nan,
                }
            )
        return pd.DataFrame(rows)

    @cached_property
    def theories(self) -> pd.DataFrame:
        """Each theory: held-out scores of the focal club and of all clubs against all terms together, and evidence."""
        scores = self.tables["theory_scores"].pivot(
            index="state", columns=["theory", "scope"], values="log_score"
        )
        rows = []
        for row in self.tables["theory_evidence"].to_dict("records"):
            found: dict[str, Any] = {"theory": row["theory"], "kind": row["kind"]}
            for scope in ("focus", "all clubs"):
                mine = scores[row["theory"], scope]
                d = mine - scores[EVERYTHING, scope]
                found[f"{scope} log_score"] = float(mine.sum())
                found[f"{scope} difference"] = float(d.sum())
                found[f"{scope} se"] = float(np.sqrt(len(d) * d.var(ddof=1)))
            for name in ("log_evidence", "se", "pareto_k", "nested", "nested_se"):
                found[name] = row[name]
            rows.append(found)
        return pd.DataFrame(rows)

    @cached_property
    def ablation(self) -> pd.DataFrame:
        """Change of P(in) without terms, against all of them; changes worth a row, the largest first."""
        found = self.tables["ablation"]
        keys = ["start", "state", "month"]
        whole = found[found["terms"] == EVERYTHING].set_index(keys)["p_in"]
        rest = found[found["terms"] != EVERYTHING]
        base = whole.reindex(pd.MultiIndex.from_frame(rest[keys])).to_numpy()
        rest = rest.assign(with_all=base, change=rest["p_in"] - base)
        worth = rest[rest["change"].abs() >= WORTH]
        return worth.sort_values("change", key=lambda c: -c.abs(), kind="stable", ignore_index=True)

    @cached_property
    def brier(self) -> pd.DataFrame:
        """Brier scores of P(in) the focal club in free runs."""
        found = self.tables["clubs"]
        return found[found["club"] == self.case.focus].drop(columns=["club", "log_score"])

    @cached_property
    def recovery(self) -> Mapping[str, pd.DataFrame]:
        """What simulated histories say of the fit: `recovery` by parameter and `ranks` as a histogram."""
        if "replicates" not in self.tables:
            return {}
        found = together([self.tables["replicates"]])
        return {"recovery": summary(self.case, found), "ranks": histogram(found)}

    @cached_property
    def robustness(self) -> pd.DataFrame:
        """Each variant beside the case as it is: group, what, measure, value, as_it_is, change."""
        found = self.tables["robustness"]
        base = found[found["variant"] == "as it is"].set_index("measure")["value"]
        rest = found[found["variant"] != "as it is"]
        as_it_is = base.reindex(rest["measure"]).to_numpy()
        return rest.assign(as_it_is=as_it_is, change=rest["value"] - as_it_is).reset_index(
            drop=True
        )

    @cached_property
    def bars(self) -> pd.DataFrame:
        """What was to be reached, and whether it is: what, value, se, bar, passes."""
        bars, focus = self.patterns.bars, self.case.focus
        model = self.held_out[self.held_out["who"] == MODEL].set_index("scope")
        rows: list[tuple[str, float, float, str, bool]] = []

        def least(what: str, value: float, se: float, bar: float | None) -> None:
            if bar is not None:
                rows.append((what, value, se, f"at least {bar:g}", bool(value >= bar)))

        for scope, name, bar in (
            ("focus", f"gain over the structural steps, {focus}, nats", bars.gain_focus),
            ("in force", f"the same since {focus} took effect", bars.gain_in_force),
            ("all clubs", "the same, all clubs", bars.gain_all),
        ):
            least(name, float(model.loc[scope, "gain"]), float(model.loc[scope, "se"]), bar)
        for scope, name in (("focus", focus), ("all clubs", "all clubs")):
            worst = f"worst state against the steps, {name} ({model.loc[scope, 'worst_state']})"
            least(worst, float(model.loc[scope, "worst_gain"]), np.nan, bars.worst_state)
        if bars.permutations is not None:
            chance = self.chance.set_index("scope").loc["focus"]
            what = f"share of {chance['permutations']:.0f} permutations as good, {focus}"
            share, bar = float(chance["share"]), bars.permutations
            rows.append((what, share, np.nan, f"at most {bar:g}", share <= bar))
        renewal = self.tables.get("renewal", pd.DataFrame())
        if len(renewal):
            one = renewal[(renewal["who"] == MODEL) & (renewal["state"] == ALL)].iloc[0]
            what = "joint log score of the first renewal, fitted before"
            least(what, float(one["log_score"]), np.nan, bars.renewal)
            least("area under the curve there", float(one["auc"]), np.nan, bars.renewal_auc)
        return pd.DataFrame(rows, columns=["what", "value", "se", "bar", "passes"])

    def compact(self) -> Mapping[str, pd.DataFrame]:
        """The tables of the compact set, small enough to be kept with the sources."""
        keys = ["who", "scope", "state", "choices", "acts", "log_score", "monthly", "brier"]
        seats = self.tables["p_in"]
        months = pd.to_datetime(seats["month"], format="%Y-%m").dt.month
        acts = self.acts[self.acts["who"].isin([MODEL, STEPS, BACKED_OFF, LOGIT])]
        seldom = self.tables["renewal"]
        found = {
            "bars": self.bars,
            "held_out": self.held_out,
            "held_out_clubs": self.held_out_clubs,
            "held_out_states": self.scores[[*keys, "pareto_k"]],
            "intervals": self.intervals,
            "ladder": self.tables["ladder"],
            "risks": self.risks,
            "forward": self.forward,
            "acts": acts.drop(columns="held"),
            "calibration_curve": self.curve,
            "renewal": seldom,
            "hindsight": self.tables["hindsight"],
            "unfitted_acts": self.tables["unfitted_acts"],
            "patterns": self.pattern_table,
            "not_modelled": pd.DataFrame([row.model_dump() for row in self.patterns.not_modelled]),
            "brier": self.brier,
            "clubs": self.tables["clubs"],
            "p_in": seats[months % SPARSE == 1],
            "permutations": self.chance,
            "theories": self.theories,
            "readings": self.tables["readings"],
            "ablation": self.ablation,
            "robustness": self.robustness,
            "literature": self.tables["literature"],
            "exit_logit": self.tables["exit_logit"],
            "parameters": self.tables["parameters"],
            **self.recovery,
        }
        return {name: table for name, table in found.items() if table.shape[1]}

    def manifest(self) -> dict[str, Any]:
        """What another person needs to get the same numbers."""
        model = self.held_out[self.held_out["who"] == MODEL].set_index("scope")
        return {
            "command": "validate",
            "case": self.case.id,
            "case_hash": self.case.hash,
            "title": self.case.title,
            "focus": self.case.focus,
            "states": len(self.case.states),
            "moves": int(model.loc["focus", "acts"]),
            "moves_in_force": int(model.loc["in force", "acts"]),
            "fit_until": month_label(self.case.fit_until),
            "readings": list(self.patterns.evaluation.readings),
            "starts": [month_label(m) for m in (self.case.start, *self.patterns.evaluation.starts)],
            "posterior": posterior(self.case).origin,
            "key": stages.key_of(self.case, self.effort),
            "plan": asdict(self.effort),
            "python": platform.python_version(),
            "libraries": {name: version(name) for name in LIBRARIES},
        }

    def as_json(self) -> dict[str, Any]:
        """The compact set as plain values."""
        tables = {
            name: plain_rows(table) for name, table in self.compact().items() if name != "p_in"
        }
        return {**self.manifest(), **tables}


def validate(
    case: Case,
    effort: Effort,
    folder: Path,
    *,
    workers: int = 1,
    progress: StageProgress | None = None,
) -> Validation:
    """Do all stages, going on from what a folder holds.

    Parameters
    ----------
    case
        What is examined.
    effort
        How much is done.
    folder
        Where the stages are stored as they are done; made if it is not there.
    workers
        Processes, 0 for one a core; no influence on the result.
    progress
        Called with a stage, jobs done and all jobs.
    """
    workers = workers_of(workers, "validate")
    tables = stages.run(case, effort, folder, workers=workers, progress=progress)
    return Validation(case, effort, with_rules(load_patterns(case), case), tables)


def _ending(found: pd.DataFrame) -> "pd.Series[float]":
    """How likely an act was neither earlier nor later: twice the smaller tail, the month itself counted half."""
    middle = (found["before"] + found["monthly"]) / 2
    return 2 * np.minimum(middle, 1 - middle)
