"""Can the fit find what made a history? Parameter recovery and simulation-based calibration.

A truth is drawn from the priors, one history is simulated with it, the history is written as a record, and the record
is fitted as the real one is. Over many replicates (Talts et al. 2018, doi:10.48550/arXiv.1804.06788)

* the rank of the truth among draws of its posterior is uniform if prior, likelihood and fit belong together;
* the correlation of truth and posterior mean says how well a parameter is recovered;
* the contraction ``1 - var(posterior) / var(prior)`` says how much a record of this length tells.

Histories come from the engine, not from the likelihood, so what the likelihood leaves out (answers of councils,
unscored acts at the means of their priors, laws that take effect within the month) is tested with it. The fit is
that of `calibration.refit`.
"""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tashkent.calibration.diagnostics import contraction
from tashkent.calibration.likelihood import fit_rows
from tashkent.calibration.refit import refit
from tashkent.model.arguments import workers_of
from tashkent.model.case import Case
from tashkent.model.case.tables import Entry
from tashkent.model.clock import last_day, month_of
from tashkent.model.errors import InputError
from tashkent.model.plain import plain_rows
from tashkent.model.record import Ensemble
from tashkent.model.simulate import prior_parameters, simulate
from tashkent.model.statuses import Act, Status
from tashkent.model.workers import Pool, Progress

#: whose versions a recovery says
LIBRARIES = ("tashkent", "arviz-stats", "emcee", "h5netcdf", "h5py", "numpy", "scipy", "xarray")
#: weighted draws of a posterior, of which `RANKS` are resampled
PROPOSALS = 4000
#: draws among which a truth is ranked: ranks 0 to RANKS
RANKS = 199
BINS = 20
#: a Pareto shape above this says that the weights cannot be trusted
K_MOST = 0.7
#: chance that a bar of a uniform histogram stands within its band
BAND = 0.99

#: acts of a run that change a seat; who acts by the record's words
ACTORS = {
    Act.ACCEDE: "state",
    Act.ENTER_INTO_FORCE: "treaty",
    Act.RENEW: "state",
    Act.ABSTAIN: "state",
    Act.LAPSE: "treaty",
    Act.WITHDRAW: "state",
    Act.LEAVE: "treaty",
    Act.REQUEST_SUSPENSION: "state",
    Act.SUSPEND: "club",
    Act.REFUSE_SUSPENSION: "club",
    Act.FREEZE: "state",
    Act.RESUME: "state",
    Act.OBSERVE: "state",
    Act.SANCTION: "club",
    Act.EXPEL: "club",
    Act.RESCIND: "state",
    Act.LIFT: "club",
    Act.END: "treaty",
}
SYNTHETIC = "simulated"


def synthetic_case(ensemble: Ensemble, run: int) -> Case:
    """The case with the history of one run in place of its record.

    The initial condition and the patron's seats are those of the record, as in every run. A seat's status is that of
    the month's last day. The run must begin with the case.
    """
    case = ensemble.case
    clubs = tuple(case.clubs)
    kept = [row for row in case.record if _is_given(case, row)]
    made = []
    for entry in ensemble.log:
        if entry.act not in ACTORS:
            continue
        day = last_day(case.start + entry.t)
        for s in entry.state[entry.run == run]:
            status = Status(ensemble.status[run, entry.t, s, entry.club])
            made.append(
                Entry(
                    club=clubs[entry.club],
                    state=case.state_ids[s],
                    act=entry.act.name.lower(),
                    date=day,
                    status=status.name.lower(),
                    actor=ACTORS[entry.act],  # type: ignore[arg-type]
                    source=SYNTHETIC,
                )
            )
    record = tuple(sorted((*kept, *made), key=lambda row: row.date))
    return case.varied(record=record)


def _is_given(case: Case, row: Entry) -> bool:
    return month_of(row.date) <= case.start or row.state not in case.deciders


def replicate(case: Case, number: int, seed: int) -> pd.DataFrame:
    """One truth, one history, one fit: a row a parameter.

    Columns: replicate, parameter, truth, mean, sd, rank, low, high (90 % interval), pareto_k, acts (of states in the
    fitted rows), failed (why there is no fit, or empty).
    """
    from threadpoolctl import threadpool_limits

    truth = prior_parameters(case, runs=1, seed=seed, first_run=number)
    ensemble = simulate(case, truth, seed=seed, first_run=number, end=case.fit_until)
    made = synthetic_case(ensemble, 0)
    rng = np.random.default_rng(np.random.SeedSequence((seed, number)))
    with threadpool_limits(1):
        rows = fit_rows(made)
        true = np.array([float(truth[name][0]) for name in rows.names])
        acts = int(rows.rows.done.sum())
        columns = {"replicate": number, "parameter": rows.names, "truth": true, "acts": acts}
        try:
            found = refit(made, rows, seed=(seed, number, 1), proposals=PROPOSALS)
        except (InputError, np.linalg.LinAlgError) as error:
            return pd.DataFrame({**columns, "failed": str(error)})
    drawn = rng.choice(len(found.values), RANKS, p=found.weights)
    low, high = np.quantile(found.values[drawn], (0.05, 0.95), axis=0)
    return pd.DataFrame(
        {
            **columns,
            "mean": found.mean,
            "sd": found.sd,
            "rank": (found.values[drawn] < true).sum(axis=0),
            "low": low,
            "high": high,
            "pareto_k": found.pareto_k,
            "failed": "",
        }
    )


def replicates(
    case: Case,
    *,
    number: int,
    seed: int,
    workers: int = 1,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Many replicates; each depends on seed and its number alone, on however many processes."""
    found = []
    if workers == 1:
        for i in range(number):
            found.append(replicate(case, i, seed))
            if progress is not None:
                progress(i + 1, number)
    else:
        with Pool[int, pd.DataFrame](workers) as pool:
            tasks = ((i, replicate, (case, i, seed)) for i in range(number))
            for table in pool.in_order(tasks):
                found.append(table)
                if progress is not None:
                    progress(len(found), number)
    return together(found)


def together(found: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The tables of some replicates as one, with all columns though no fit should have succeeded."""
    columns = ["mean", "sd", "rank", "low", "high", "pareto_k"]
    table = pd.concat(found, ignore_index=True)
    return table.reindex(columns=[*table.columns, *(c for c in columns if c not in table)])


def usable(table: pd.DataFrame) -> pd.DataFrame:
    """The replicates whose fit succeeded with weights that can be trusted."""
    return table[(table["failed"] == "") & (table["pareto_k"] <= K_MOST)]


def histogram(table: pd.DataFrame) -> pd.DataFrame:
    """Ranks in `BINS` bins by parameter, beside the band in which a uniform bar stands with chance `BAND`.

    Columns: parameter, bin, count, expected, low, high.
    """
    from scipy.stats import binom

    used = usable(table)
    rows = []
    for name, part in used.groupby("parameter", sort=False):
        counts = _bars(part["rank"].to_numpy())
        low, high = binom.interval(BAND, len(part), 1 / BINS)
        for i, count in enumerate(counts):
            rows.append((name, i, int(count), len(part) / BINS, int(low), int(high)))
    return pd.DataFrame(rows, columns=["parameter", "bin", "count", "expected", "low", "high"])


def _bars(ranks: NDArray[np.number]) -> NDArray[np.intp]:
    return np.bincount((ranks.astype(int) * BINS) // (RANKS + 1), minlength=BINS)


def summary(case: Case, table: pd.DataFrame) -> pd.DataFrame:
    """What the replicates say of each parameter.

    Columns: parameter, replicates, chi2_p and ks_p (chance of ranks as uneven if they are uniform), outside_band (bars
    of the histogram), recovery (correlation of truth and posterior mean), bias (mean of posterior mean less truth, in
    prior sd), coverage (of the 90 % interval), contraction (mean over replicates).
    """
    from scipy.stats import chisquare, kstest

    bars = histogram(table)
    rows = []
    for name, part in usable(table).groupby("parameter", sort=False):
        counts = _bars(part["rank"].to_numpy())
        here = bars[bars["parameter"] == name]
        prior_sd = float(case.parameters[str(name)].sd or np.nan)
        truth, mean = part["truth"].to_numpy(), part["mean"].to_numpy()
        inside = (part["low"] <= part["truth"]) & (part["truth"] <= part["high"])
        rows.append(
            {
                "parameter": name,
                "replicates": len(part),
                "chi2_p": float(chisquare(counts).pvalue),
                "ks_p": float(kstest((part["rank"] + 0.5) / (RANKS + 1), "uniform").pvalue),
                "outside_band": int(
                    ((here["count"] < here["low"]) | (here["count"] > here["high"])).sum()
                ),
                "recovery": float(np.corrcoef(truth, mean)[0, 1]) if len(part) > 2 else np.nan,
                "bias": float((mean - truth).mean() / prior_sd),
                "coverage": float(inside.mean()),
                "contraction": float(
                    contraction(part["sd"].to_numpy(), np.full(len(part), prior_sd)).mean()
                ),
            }
        )
    return pd.DataFrame(rows)


def verdict(found: pd.DataFrame) -> list[str]:
    """In words: whose ranks are not uniform, at 5 % over all parameters (Bonferroni), and who is not recovered."""
    lines = []
    level = 0.05 / max(1, 2 * len(found))
    for row in found.itertuples():
        if min(row.chi2_p, row.ks_p) < level:
            lines.append(
                f"{row.parameter}: ranks are not uniform (chi-square p {row.chi2_p:.1g}, KS p {row.ks_p:.1g}, "
                f"bias {row.bias:+.2f} prior sd, 90% interval covers {row.coverage:.0%})."
            )
        if row.recovery < 0.5:
            lines.append(
                f"{row.parameter}: hardly recovered (correlation of truth and estimate {row.recovery:.2f}, "
                f"contraction {row.contraction:.2f})."
            )
    return lines


@dataclass(frozen=True)
class Recovery:
    """What synthetic histories say of the fit; see `calibration.recovery`."""

    case: Case
    seed: int
    replicates: pd.DataFrame
    summary: pd.DataFrame
    histogram: pd.DataFrame
    words: tuple[str, ...]
    asked: int

    @property
    def used(self) -> int:
        """Replicates whose fit could be used."""
        return int(usable(self.replicates)["replicate"].nunique())

    def as_json(self) -> dict[str, Any]:
        """The result as plain values."""
        return {
            **self.manifest(),
            "summary": plain_rows(self.summary),
            "histogram": plain_rows(self.histogram),
            "words": list(self.words),
        }

    def manifest(self) -> dict[str, object]:
        """What another person needs to get the same numbers."""
        return {
            "command": "recover",
            "case": self.case.id,
            "case_hash": self.case.hash,
            "seed": self.seed,
            "replicates": self.asked,
            "used": self.used,
            "python": platform.python_version(),
            "libraries": {name: version(name) for name in LIBRARIES},
        }


def recover(
    case: Case, *, number: int, seed: int, workers: int, progress: Progress | None = None
) -> Recovery:
    """Run the replicates and sum them up."""
    workers = workers_of(workers, "recover")
    table = replicates(case, number=number, seed=seed, workers=workers, progress=progress)
    found = summary(case, table)
    words = tuple(verdict(found))
    return Recovery(case, seed, table, found, histogram(table), words, number)
