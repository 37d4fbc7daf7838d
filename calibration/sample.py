"""Posterior draws: several independent ensembles of walkers (emcee), stored block by block so that a run can go on.

Each ensemble starts from draws of the prior, which is wider than the posterior, with a random state of its own made
from the user's seed. Its moves are differential evolution: a walker moves along the difference of two others,

    x' = x + gamma (x1 - x2),   gamma = 2.38 / sqrt(2 P), or 1 in one step of ten to cross between modes

(ter Braak 2006, doi:10.1007/s11222-006-8769-1; Nelson et al. 2014, doi:10.1088/0067-0049/210/1/11; the sampler:
Foreman-Mackey et al. 2013, doi:10.1086/670067). Every `THIN`-th step is kept, and each block is written whole or
not at all, with the walkers' places and the random state after it. So what a run finds depends on its settings
alone, however often it was interrupted.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from tashkent.agents.situation import Floats
from tashkent.calibration.target import Target
from tashkent.model.errors import InputError
from tashkent.model.pieces import read_piece, remove_piece, write_piece
from tashkent.model.storage import clear, write_json, writing
from tashkent.model.workers import Pool, Progress

#: steps between two draws that are kept
THIN = 10
#: steps after which what was found is written to disk
BLOCK = 500
#: the share of the steps that is discarded as warm-up
WARM_UP = 0.25
SETTINGS = "settings.json"


@dataclass(frozen=True)
class Settings:
    """What a stored run is fixed by; it can go on under the same settings only. Steps may be added."""

    case: str
    case_hash: str
    seed: int
    ensembles: int
    walkers: int
    thin: int = THIN
    #: which set of inputs; the seed and this number fix it
    imputation: int = 0
    #: the kinds of moves, with their settings and chances
    moves: str = field(default_factory=lambda: _moves_in_words())


@dataclass(frozen=True, eq=False)
class Chains:
    """The draws of all ensembles after the warm-up, those of one imputation side by side."""

    names: tuple[str, ...]
    #: shape (ensembles, draws, walkers, P)
    values: Floats
    #: log posterior up to a constant, shape (ensembles, draws, walkers)
    log_posterior: Floats
    steps: int
    #: sets of inputs, each with as many ensembles
    imputations: int = 1

    def each(self) -> list["Chains"]:
        """The chains of each imputation."""
        parts = zip(
            np.split(self.values, self.imputations),
            np.split(self.log_posterior, self.imputations),
            strict=True,
        )
        return [Chains(self.names, values, score, self.steps) for values, score in parts]

    def by_ensemble(self) -> Floats:
        """One chain an ensemble, in the order of steps: shape (ensembles, draws * walkers, P)."""
        return self.values.reshape(len(self.values), -1, len(self.names))

    def by_walker(self) -> Floats:
        """One chain a walker: shape (ensembles * walkers, draws, P)."""
        return self.values.swapaxes(1, 2).reshape(-1, self.values.shape[1], len(self.names))


def pooled(parts: list[Chains]) -> Chains:
    """The chains of several imputations as one."""
    return Chains(
        parts[0].names,
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.log_posterior for part in parts]),
        parts[0].steps,
        len(parts),
    )


def check_numbers(target: Target, walkers: int, steps: int) -> None:
    """Refuse walkers that cannot move freely and steps that cannot be kept.

    Raises
    ------
    InputError
        If there are not two walkers for each parameter, in even number, or too few or odd steps.
    """
    least = 2 * len(target.names)
    if walkers < least or walkers % 2:
        allowed = f"an even number, at least twice the {len(target.names)} parameters ({least})"
        raise InputError("calibrate", "--walkers", walkers, allowed)
    if steps < 8 * THIN or steps % THIN:
        raise InputError(
            "calibrate", "--steps", steps, f"a multiple of {THIN}, at least {8 * THIN}"
        )


def sample(
    target: Target,
    settings: Settings,
    folder: Path,
    *,
    steps: int,
    workers: int = 1,
    progress: Progress | None = None,
) -> Chains:
    """Bring every ensemble to `steps` steps, going on from what `folder` holds, and read the draws.

    Parameters
    ----------
    target
        The density.
    settings
        What fixes the run; compared with what is stored.
    folder
        Where blocks are stored; made if it does not exist.
    steps
        Steps of each ensemble, the first quarter of which is warm-up.
    workers
        Processes; no influence on the result.
    progress
        Called with the steps done and the steps to do, over all ensembles.

    Raises
    ------
    InputError
        If the folder holds a run with other settings or of another likelihood.
    """
    _claim(folder, settings)
    clear(folder)
    done = {e: _sound_until(folder, settings, e) for e in range(settings.ensembles)}
    for ensemble in done:
        _check_likelihood(target, settings, folder, ensemble)
    total = settings.ensembles * steps

    def say() -> None:
        if progress is not None:
            progress(sum(min(d, steps) for d in done.values()), total)

    say()
    if workers == 1:
        for ensemble in done:
            while done[ensemble] < steps:
                done[ensemble] = advance(target, settings, folder, ensemble, steps)
                say()
    else:
        _in_processes(target, settings, folder, steps, workers, done, say)
    return _read(target, settings, folder, steps)


def _in_processes(
    target: Target,
    settings: Settings,
    folder: Path,
    steps: int,
    workers: int,
    done: dict[int, int],
    say: Callable[[], None],
) -> None:
    """One block of one ensemble is one task, so that no process waits for another for long."""
    with Pool[int, int](workers, _set, target) as pool:
        for ensemble, at in done.items():
            if at < steps:
                pool.add(ensemble, _advance, settings, folder, ensemble, steps)
        for ensemble, at in pool.finished():
            done[ensemble] = at
            say()
            if at < steps:
                pool.add(ensemble, _advance, settings, folder, ensemble, steps)


_target: Target | None = None


def _set(target: Target) -> None:
    """Give a new process the density once."""
    global _target
    _target = target


def _advance(settings: Settings, folder: Path, ensemble: int, steps: int) -> int:
    assert _target is not None
    return advance(_target, settings, folder, ensemble, steps)


def advance(target: Target, settings: Settings, folder: Path, ensemble: int, steps: int) -> int:
    """Run the next block of one ensemble from where the last one ended; the steps that are now done."""
    import emcee
    from threadpoolctl import threadpool_limits

    sampler = emcee.EnsembleSampler(
        settings.walkers,
        len(target.names),
        target.log_posterior,
        moves=moves(),
        vectorize=True,
    )
    # not through emcee's wrapper, which prints all parameters and a traceback of whatever stops it, be it Ctrl-C
    sampler.log_prob_fn = target.log_posterior
    at = _last_step(folder, ensemble)
    state = _stored(folder, settings, ensemble, at) if at else _start(target, settings, ensemble)
    until = min(at - at % BLOCK + BLOCK, steps)
    keep = (until - at) // settings.thin
    begin = emcee.State(state["coords"], log_prob=state["log_prob"], random_state=state["random"])
    with threadpool_limits(1):  # matrices this small are slower, not faster, on several threads
        end = sampler.run_mcmc(begin, keep, thin_by=settings.thin, skip_initial_state_check=True)
    _write(
        _block(folder, ensemble, until),
        _whose(settings, ensemble, at, until),
        chain=sampler.get_chain(),
        chain_log_posterior=sampler.get_log_prob(),
        coords=end.coords,
        log_prob=end.log_prob,
        **_as_arrays(end.random_state),
    )
    return until


def moves() -> list[tuple[Any, float]]:
    """Differential evolution, and in one step of ten the same with a full difference.

    emcee's `DESnookerMove` is left out: as released in 3.1.6 it does not leave the density unchanged
    (docs/decisions/0014-moves.md).
    """
    from emcee.moves import DEMove

    return [(DEMove(), 0.9), (DEMove(gamma0=1.0), 0.1)]


def _moves_in_words() -> str:
    """The moves with all that fixes them: a chain goes on with the same ones only."""
    return ", ".join(
        f"{type(move).__name__} {_plain(vars(move))} with chance {chance}"
        for move, chance in moves()
    )


def _plain(settings: dict[str, Any]) -> str:
    return " ".join(
        f"{name}={value}" for name, value in sorted(settings.items()) if not callable(value)
    )


def _start(target: Target, settings: Settings, ensemble: int) -> dict[str, Any]:
    """Walkers drawn from the prior, and the random state that they go on with."""
    places, steps = np.random.SeedSequence((settings.seed, ensemble)).spawn(2)
    z = np.random.default_rng(places).standard_normal((settings.walkers, len(target.names)))
    coords = target.prior_mean + target.prior_sd * z
    return {
        "coords": coords,
        "log_prob": target.log_posterior(coords),
        "random": np.random.RandomState(np.random.MT19937(steps)).get_state(),
    }


# storing -------------------------------------------------------------------------------------------


def remove(folder: Path) -> None:
    """Remove a stored run; what else stands in the folder stays."""
    for path in (*folder.glob("ensemble-*-*.npz"), folder / SETTINGS):
        path.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def _claim(folder: Path, settings: Settings) -> None:
    """Write the settings into a new folder, or compare them with those of an earlier run."""
    path = folder / SETTINGS
    if path.exists():
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            stored = None
        if not isinstance(stored, dict):
            raise InputError(str(path), "syntax", "no settings", "those of an earlier run")
        asked = asdict(settings)
        for name in sorted(asked, key=lambda name: name == "case_hash"):  # which follows the seed
            value = asked[name]
            if stored.get(name) != value:
                allowed = f"{stored.get(name)!r}, with which the run there began; or another --out"
                raise InputError(str(path), name, value, allowed)
        return
    with writing(folder, "--out"):
        folder.mkdir(parents=True, exist_ok=True)
    write_json(path, asdict(settings))


def _check_likelihood(target: Target, settings: Settings, folder: Path, ensemble: int) -> None:
    """The last places must have the log posterior that was stored with them: terms may have changed since."""
    at = _last_step(folder, ensemble)
    if at == 0:
        return
    state = _stored(folder, settings, ensemble, at)
    fits = state["coords"].shape[1] == len(target.names)
    if not fits or not np.allclose(target.log_posterior(state["coords"]), state["log_prob"]):
        allowed = "the one with which the run there began; or another --out"
        raise InputError(str(folder), "likelihood", "another", allowed)


def _block(folder: Path, ensemble: int, step: int) -> Path:
    return folder / f"ensemble-{ensemble:02d}-{step:08d}.npz"


def _blocks(folder: Path, ensemble: int) -> dict[int, Path]:
    """The blocks of an ensemble by their last step, in order."""
    found = folder.glob(f"ensemble-{ensemble:02d}-*.npz")
    return dict(sorted((int(path.stem.rpartition("-")[2]), path) for path in found))


def _last_step(folder: Path, ensemble: int) -> int:
    return max(_blocks(folder, ensemble), default=0)


def _whose(settings: Settings, ensemble: int, first: int, last: int) -> str:
    """What a block is of: its run, its ensemble, and its place in the chain."""
    return json.dumps([asdict(settings), ensemble, first, last])


def _sound(folder: Path, settings: Settings, ensemble: int, last: int) -> dict[str, Any] | None:
    """What the block of an ensemble until a step holds, if it goes on where the one before it ended."""
    first = max((step for step in _blocks(folder, ensemble) if step < last), default=0)
    path = _block(folder, ensemble, last)
    content = read_piece(path, _whose(settings, ensemble, first, last))
    if content is None:
        return None
    with np.load(BytesIO(content)) as block:
        return dict(block)


def _sound_until(folder: Path, settings: Settings, ensemble: int) -> int:
    """The step until which an ensemble goes without a gap; blocks after it are removed, and are done again."""
    done, broken = 0, list[Path]()
    for last, path in _blocks(folder, ensemble).items():
        if broken or _sound(folder, settings, ensemble, last) is None:
            broken.append(path)
        else:
            done = last
    for path in broken:
        remove_piece(path)
    return done


def _stored(folder: Path, settings: Settings, ensemble: int, step: int) -> dict[str, Any]:
    """Where an ensemble stands after a step.

    Raises
    ------
    InputError
        If its block is no longer as it was written.
    """
    block = _sound(folder, settings, ensemble, step)
    if block is None:
        raise _broken(folder, ensemble, step)
    random = (
        "MT19937",
        block["random_keys"],
        int(block["random_position"]),
        int(block["random_has_gauss"]),
        float(block["random_gauss"]),
    )
    return {"coords": block["coords"], "log_prob": block["log_prob"], "random": random}


def _as_arrays(random: tuple[str, Any, int, int, float]) -> dict[str, Any]:
    _, keys, position, has_gauss, gauss = random
    return {
        "random_keys": keys,
        "random_position": position,
        "random_has_gauss": has_gauss,
        "random_gauss": gauss,
    }


def _read(target: Target, settings: Settings, folder: Path, steps: int) -> Chains:
    values, scores = [], []
    for ensemble in range(settings.ensembles):
        chain, log_posterior = [], []
        for last in _blocks(folder, ensemble):
            block = _sound(folder, settings, ensemble, last)
            if block is None:
                raise _broken(folder, ensemble, last)
            chain.append(block["chain"])
            log_posterior.append(block["chain_log_posterior"])
        values.append(np.concatenate(chain)[: steps // settings.thin])
        scores.append(np.concatenate(log_posterior)[: steps // settings.thin])
    first = int(np.ceil(WARM_UP * steps / settings.thin))
    return Chains(
        target.names,
        np.ascontiguousarray(np.stack(values)[:, first:]),
        np.stack(scores)[:, first:],
        steps,
    )


def _broken(folder: Path, ensemble: int, last: int) -> InputError:
    allowed = "a block as it was written: the same command does it again"
    return InputError("--out", "file", str(_block(folder, ensemble, last)), allowed)


def _write(path: Path, whose: str, **arrays: Any) -> None:
    memory = BytesIO()
    np.savez(memory, **arrays)
    write_piece(path, memory.getvalue(), whose)
