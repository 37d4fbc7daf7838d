"""The whole examination of a case, in stages that are stored as they are done.

A job is one part of a stage: one state held out, one start, ten permutations, one theory, one variant. What it finds
is written as Parquet files in a folder of its own, whole or not at all, under a name made of stage, part and a key: the
hash of the case, of its posterior and the tables beside it, of the code, and of the effort. A command that was killed
finds what is done and goes on; the result is that of an undisturbed run, for every job draws from seed and part alone.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from tashkent.calibration import ladder, literature, recovery, rivals, shipped, variants
from tashkent.calibration.baselines import BASELINES, p_in, runs_of
from tashkent.calibration.diagnostics import INTERVAL
from tashkent.calibration.forecasters import FRICTIONS, MODEL, NOBODY, STEPS
from tashkent.calibration.frictions import p_in_by_frictions
from tashkent.calibration.holdout import (
    hold_out_after,
    hold_out_state,
    renewal_scores,
    unscored_act,
    with_hindsight,
)
from tashkent.calibration.imputation import imputed
from tashkent.calibration.joining import with_rules
from tashkent.calibration.measures.studies import ParticipationFalls, Saves
from tashkent.calibration.patterns import (
    FILE,
    Patterns,
    evaluate,
    load_patterns,
)
from tashkent.calibration.posterior import posterior
from tashkent.calibration.refit import PROPOSALS
from tashkent.calibration.runs import Runs
from tashkent.calibration.scores import as_counted, brier, seat_log_score
from tashkent.model.case import Case
from tashkent.model.clock import month_label, parse_month
from tashkent.model.compilation import compile_case
from tashkent.model.pieces import holds_tables, remove_piece, write_tables
from tashkent.model.reading import file_text
from tashkent.model.record import Ensemble
from tashkent.model.simulate import simulate
from tashkent.model.source import code_digest
from tashkent.model.statuses import Act, is_in
from tashkent.model.storage import clear, is_stray
from tashkent.model.workers import Pool, StageProgress

Tables = dict[str, pd.DataFrame]
#: permutations, and simulated histories, of one job
EACH = 10
#: acts of states that no fit has seen, looked at month by month
UNFITTED_ACTS = (Act.FREEZE,)
#: packages whose code a stored result depends on
_CODE = ("agents", "model", "calibration")


@dataclass(frozen=True)
class Effort:
    """How much is done."""

    seed: int = 0
    runs: int = 2000
    #: draws of a refit; 0 for a normal approximation
    proposals: int = PROPOSALS
    permutations: int = 200
    imputations: int = 10
    #: simulated histories of known parameters that are fitted
    replicates: int = 200
    #: runs from the eve of each pattern; 0 for none
    eve_runs: int = 500
    #: posterior draws and runs of each, for the band around P(in)
    bands: tuple[int, int] = (50, 40)
    ablation_runs: int = 500
    variant_runs: int = variants.RUNS
    nested: bool = True
    #: every event, fixed number, state, term and theory in turn
    each: bool = True


QUICK = Effort(
    runs=300,
    proposals=0,
    permutations=5,
    imputations=2,
    replicates=0,
    eve_runs=0,
    bands=(20, 15),
    ablation_runs=100,
    variant_runs=100,
    nested=False,
    each=False,
)


@dataclass(frozen=True)
class Job:
    """One part of a stage."""

    stage: str
    part: str


def jobs(case: Case, patterns: Patterns, effort: Effort) -> list[Job]:
    """All that is to be done, in order."""
    starts = (case.start, *patterns.evaluation.starts)
    found = [Job("hold out", state) for state in case.deciders]
    found += [Job("forward", month_label(m)) for m in patterns.evaluation.forward]
    found += [Job("renewal", "all"), Job("unfitted acts", "all")]
    found += [Job("imputations", str(i)) for i in range(effort.imputations)]
    found += [Job("ladder", name) for name in ladder.rungs(case, each=effort.each)]
    found += [Job("patterns", month_label(m)) for m in starts]
    if effort.eve_runs:
        eves = {eve for p in patterns.pattern if (eve := p.eve(case)) is not None}
        found += [Job("own eve", month_label(month)) for month in sorted(eves - set(starts))]
    found += [Job("participation", "all"), Job("literature", "all")]
    found += [
        Job("theories", name)
        for name, (asked, _) in rivals.theories(case).items()
        if effort.each or _is_reading(asked, patterns)
    ]
    sets = rivals.ablations(case, patterns, each=effort.each)
    found += [Job("ablation", " and ".join(terms)) for terms in [(), *sets]]
    found += [Job("recovery", str(i)) for i in range(0, effort.replicates, EACH)]
    found += [Job("permutations", "as it is")]
    found += [Job("permutations", str(i)) for i in range(0, effort.permutations, EACH)]
    names = variants.variants(case, imputations=effort.imputations, each=effort.each)
    found += [Job("robustness", name) for name in ("as it is", *names)]
    return found


# what each stage does -------------------------------------------------------------------------------


def _hold_out(case: Case, patterns: Patterns, effort: Effort, part: str) -> Tables:
    scores, predictions, risks = hold_out_state(
        case, part, seed=effort.seed, proposals=effort.proposals
    )
    return {"scores": scores, "predictions": predictions, "risks": risks}


def _forward(case: Case, patterns: Patterns, effort: Effort, part: str) -> Tables:
    scores, predictions = hold_out_after(
        case, parse_month(part), seed=effort.seed, proposals=effort.proposals
    )
    return {"forward": scores, "forward_predictions": predictions}


def _renewal(case: Case, patterns: Patterns, effort: Effort, part: str) -> Tables:
    seed, proposals = effort.seed, effort.proposals
    return {
        "renewal": renewal_scores(case, seed=seed, proposals=proposals),
        "hindsight": with_hindsight(case, seed=seed, proposals=proposals),
    }


def _unfitted(case: Case, patterns: Patterns, effort: Effort, part: str) -> Tables:
    found = [
        unscored_act(case, act, seed=effort.seed, proposals=effort.proposals)
        for act in UNFITTED_ACTS
    ]
    return {"unfitted_acts": pd.concat(found, ignore_index=True)}


def _imputations(case: Case, patterns: Patterns, effort: Effort, part: str) -> Tables:
    number = int(part)
    changed = imputed(case, number, effort.seed)
    found = [
        hold_out_state(changed, s, seed=effort.seed, proposals=effort.proposals, baselines=False)
        for s in case.deciders
    ]
    scores, predictions = (pd.concat([one[i] for one in found]) for i in range(2))
    keys = ["scope", "state", "log_score", "pareto_k"]
    return {
        "imputed_scores": scores[keys].assign(imputation=number).reset_index(drop=True),
        "imputed_predictions": predictions.drop(columns=["held", "who"])
        .assign(imputation=number)
        .reset_index(drop=True),
    }


def _ladder(case: Case, patterns: Patterns, effort: Effort, part: str) -> Tables:
    return {"ladder": ladder.rung(case, part, seed=effort.seed, proposals=effort.proposals)}


def _patterns(case: Case, patterns: Patterns, effort: Effort, part: str) -> Tables:
    start = parse_month(part)
    ensemble, found = _from_record(case, patterns, start, effort.runs, effort.seed)
    return {
        "patterns": found,
        "clubs": _club_scores(case, ensemble),
        "p_in": _bands(case, effort, start),
    }


def _own_eve(case: Case, patterns: Patterns, effort: Effort, part: str) -> Tables:
    start = parse_month(part)
    here = tuple(p for p in patterns.pattern if p.eve(case) == start)
    asked = patterns.model_copy(update={"pattern": here})
    return {"patterns": _from_record(case, asked, start, effort.eve_runs, effort.seed)[1]}


def _from_record(
    case: Case, patterns: Patterns, start: int, runs: int, seed: int
) -> tuple[Ensemble, pd.DataFrame]:
    """Runs of the posterior from the record of a month, and patterns in them and in runs of the steps."""
    drawn = posterior(case).draws(runs=runs, seed=seed)
    ensemble = simulate(case, drawn, seed=seed, start=start)
    steps = runs_of(case, BASELINES[STEPS], runs=runs, seed=seed, start=start)
    found = []
    for who, of in ((MODEL, Runs(ensemble)), (STEPS, Runs(steps, has_acts=False))):
        found.append(evaluate(patterns, of).assign(who=who, start=month_label(start)))
    return ensemble, pd.concat(found, ignore_index=True)


def _club_scores(case: Case, ensemble: Ensemble) -> pd.DataFrame:
    """Scores of P(in) in free runs by club and stretch of time, for the model and what knows no mechanism."""
    start, rows = ensemble.start, []
    contenders = {
        MODEL: ensemble.p_in,
        FRICTIONS: p_in_by_frictions(case, seed=ensemble.seed, start=start, runs=ensemble.runs),
        NOBODY: p_in(case, None, start),
    }
    contenders |= {name: p_in(case, cells, start) for name, cells in BASELINES.items()}
    for first, last in ((case.score_from, case.fit_until), (case.fit_until + 1, case.end)):
        low = max(first, start + 1)
        if low > last:
            continue
        for club, (who, p) in product(case.clubs, contenders.items()):
            chance = as_counted(p, ensemble.runs) if who in (MODEL, FRICTIONS) else p
            scores = (
                brier(case, p, start, club, low, last),
                seat_log_score(case, chance, start, club, low, last),
            )
            span = (month_label(low), month_label(last))
            rows.append((month_label(start), club, who, *span, *scores))
    names = ["start", "club", "who", "first", "last", "brier", "log_score"]
    return pd.DataFrame(rows, columns=names)


def _bands(case: Case, effort: Effort, start: int) -> pd.DataFrame:
    """P(in the focal club) by month and state with a 90 % band over posterior draws, several runs of each draw."""
    draws, each = effort.bands
    found = posterior(case).draws(runs=draws, seed=effort.seed)
    repeated = {name: np.repeat(values, each) for name, values in found.items()}
    ensemble = simulate(case, repeated, seed=effort.seed, start=start)
    c = tuple(case.clubs).index(case.focus)
    seats = ensemble.seats[..., c].reshape(draws, each, len(ensemble.months), -1)
    by_draw = seats.mean(axis=1)
    record = is_in(compile_case(case).record.status[start - case.start :, :, c])
    low, high = np.quantile(by_draw, INTERVAL, axis=0)
    parts = []
    for state in case.deciders:
        s = case.state_ids.index(state)
        parts.append(
            pd.DataFrame(
                {
                    "start": month_label(start),
                    "state": state,
                    "month": [month_label(m) for m in ensemble.months],
                    "p_in": by_draw[:, :, s].mean(axis=0),
                    "low": low[:, s],
                    "high": high[:, s],
                    "record": record[:, s],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _participation(case: Case, patterns: Patterns, effort: Effort, part: str) -> Tables:
    draws = posterior(case).draws(runs=min(effort.runs, 500), seed=effort.seed)
    rows: list[dict[str, object]] = []
    for pattern in patterns.pattern:
        measure = pattern.measure
        if isinstance(measure, ParticipationFalls):
            found = measure.values(case, draws, seed=effort.seed)
            start = month_label(measure.start)
            rows += [{**row, "who": MODEL, "start": start} for row in pattern.rows(found)]
    return {"participation": pd.DataFrame(rows)}


def _literature(case: Case, patterns: Patterns, effort: Effort, part: str) -> Tables:
    return {
        "literature": literature.comparison(case),
        "exit_logit": literature.exit_logit(case),
        "parameters": literature.prior_and_posterior(case),
    }


def _theories(case: Case, patterns: Patterns, effort: Effort, part: str) -> Tables:
    asked, kind = rivals.theories(case)[part]
    scores = rivals.theory_scores(case, asked, seed=effort.seed, proposals=effort.proposals)
    evidence = rivals.theory_evidence(case, asked, seed=effort.seed, nested=effort.nested)
    tables = {
        "theory_scores": scores.assign(theory=part),
        "theory_evidence": pd.DataFrame([{"theory": part, "kind": kind, **evidence}]),
    }
    if _is_reading(asked, patterns):
        tables["readings"] = rivals.renewal_under(case, asked, seed=effort.seed).assign(theory=part)
    return tables


def _is_reading(asked: str, patterns: Patterns) -> bool:
    """Whether a theory is all terms together, or a reading of the first renewal, alone or left out."""
    return asked.removeprefix("-") in ("", *patterns.evaluation.readings)


def _ablation(case: Case, patterns: Patterns, effort: Effort, part: str) -> Tables:
    terms = tuple(part.split(" and ")) if part else ()
    starts = patterns.evaluation.starts
    options = {"runs": effort.ablation_runs, "proposals": effort.proposals}
    return {"ablation": rivals.ablated(case, terms, starts, seed=effort.seed, **options)}


def _recovery(case: Case, patterns: Patterns, effort: Effort, part: str) -> Tables:
    numbers = range(int(part), min(int(part) + EACH, effort.replicates))
    found = [recovery.replicate(case, number, effort.seed) for number in numbers]
    return {"replicates": recovery.together(found)}


def _permutations(case: Case, patterns: Patterns, effort: Effort, part: str) -> Tables:
    """The case as it is, or some permutations of it; normal approximations throughout."""
    numbers = (
        [-1] if part == "as it is" else range(int(part), min(int(part) + EACH, effort.permutations))
    )
    found = []
    for number in numbers:
        permuted = (
            case
            if number < 0
            else variants.permuted(case, variants.permutation(case, number, effort.seed))
        )
        scores = variants.quick_scores(permuted, seed=effort.seed)
        found.append(variants.quick_gains(scores).assign(number=number))
    return {"permutations": pd.concat(found, ignore_index=True)}


def _robustness(case: Case, patterns: Patterns, effort: Effort, part: str) -> Tables:
    named = variants.variants(case, imputations=effort.imputations)
    group, what = named.get(part, ("as it is", "as it is"))
    changed = variants.variant(case, part, effort.seed)
    scores = variants.quick_scores(changed, seed=effort.seed)
    total = variants.quick_gains(scores).set_index("scope")["gain"]
    found = {f"gain {name}": float(value) for name, value in total.items()}
    start = next(iter(patterns.evaluation.starts), case.start)
    found |= variants.main_patterns(
        changed, patterns, start, seed=effort.seed, runs=effort.variant_runs
    )
    rows = [(part, group, what, str(measure), value) for measure, value in found.items()]
    names = ["variant", "group", "what", "measure", "value"]
    return {"robustness": pd.DataFrame(rows, columns=names)}


STAGES: Mapping[str, Callable[[Case, Patterns, Effort, str], Tables]] = {
    "hold out": _hold_out,
    "forward": _forward,
    "renewal": _renewal,
    "unfitted acts": _unfitted,
    "imputations": _imputations,
    "ladder": _ladder,
    "patterns": _patterns,
    "own eve": _own_eve,
    "participation": _participation,
    "literature": _literature,
    "theories": _theories,
    "ablation": _ablation,
    "recovery": _recovery,
    "permutations": _permutations,
    "robustness": _robustness,
}


# doing and storing ----------------------------------------------------------------------------------


def key_of(case: Case, effort: Effort) -> str:
    """What results depend on besides stage and part: case, its tables besides, the code, and the effort."""
    digest = hashlib.sha256(case.hash.encode())
    beside = (FILE, shipped.MANIFEST, variants.MAGNITUDES, literature.FILE)
    for name in beside:
        path = case.path / name
        digest.update(f"{name}{file_text(path, name) if path.exists() else ''}".encode())
    digest.update(code_digest(*_CODE))
    digest.update(json.dumps(asdict(effort), sort_keys=True).encode())
    return digest.hexdigest()


def run(
    case: Case,
    effort: Effort,
    folder: Path,
    *,
    workers: int = 1,
    progress: StageProgress | None = None,
) -> Tables:
    """Do what is not yet stored in `folder`, and put the tables of all jobs together.

    `progress` gets a stage, jobs done and all jobs. Workers have no influence on the result.
    """
    patterns = with_rules(load_patterns(case), case)
    todo = jobs(case, patterns, effort)
    key = key_of(case, effort)
    places = {job: folder / _name(job, key) for job in todo}
    folder.mkdir(parents=True, exist_ok=True)
    clear(folder)
    missing = [job for job in todo if not _is_done(places[job])]
    done = len(todo) - len(missing)

    def say(stage: str) -> None:
        if progress is not None:
            progress(stage, done, len(todo))

    say("")
    if workers == 1:
        _begin(case, patterns, effort)
        for job in missing:
            write_tables(places[job], _do(job), of=places[job].name)
            done += 1
            say(job.stage)
    elif missing:
        with Pool[Job, Tables](workers, _begin, case, patterns, effort) as pool:
            for job in missing:
                pool.add(job, _do, job)
            for job, tables in pool.finished():
                write_tables(places[job], tables, of=places[job].name)
                done += 1
                say(job.stage)
    found: dict[str, list[pd.DataFrame]] = {}
    for job in todo:
        for path in sorted(places[job].glob("*.parquet")):
            found.setdefault(path.stem, []).append(pd.read_parquet(path))
    return {name: _together(parts) for name, parts in found.items()}


def _together(parts: list[pd.DataFrame]) -> pd.DataFrame:
    kept = [part for part in parts if len(part)]
    return pd.concat(kept, ignore_index=True) if kept else parts[0]


def _name(job: Job, key: str) -> str:
    slug = re.sub(r"[^A-Za-z0-9]+", "-", f"{job.stage} {job.part}").strip("-").lower()
    digest = hashlib.sha256("\0".join((key, job.stage, job.part)).encode()).hexdigest()
    return f"{slug[:60]}-{digest[:16]}"


def is_piece(name: str) -> bool:
    """Whether a folder of this name holds what a job found, or what a killed command left of it."""
    return bool(re.fullmatch("[a-z0-9-]+-[0-9a-f]{16}", name)) or is_stray(name)


def _is_done(place: Path) -> bool:
    """Whether all that a job found stands there as it was written; otherwise what is left of it is removed."""
    done = holds_tables(place, of=place.name)
    if not done and os.path.lexists(place):
        remove_piece(place)
    return done


_now: dict[str, tuple[Case, Patterns, Effort]] = {}


def _begin(case: Case, patterns: Patterns, effort: Effort) -> None:
    _now["effort"] = (case, patterns, effort)


def _do(job: Job) -> Tables:
    from threadpoolctl import threadpool_limits

    case, patterns, effort = _now["effort"]
    with threadpool_limits(1):
        return STAGES[job.stage](case, patterns, effort, job.part)


def saves_rows(case: Case, patterns: Patterns, ablation: pd.DataFrame) -> pd.DataFrame:
    """The patterns that the ablation measures, as rows like those of `calibration.patterns.evaluate`."""
    rows: list[dict[str, object]] = []
    for pattern in patterns.pattern:
        if isinstance(pattern.measure, Saves):
            found = rivals.saves_measures(case, pattern.measure, ablation)
            values = {name: np.full(1, value) for name, value in found.items()}
            rows += [{**row, "who": MODEL} for row in pattern.rows(values)]
    return pd.DataFrame(rows)


def with_seed(effort: Effort, seed: int) -> Effort:
    """The effort under another seed."""
    return replace(effort, seed=seed)
