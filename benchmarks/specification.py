"""What one version of a case scores, in one go: `python benchmarks/specification.py [CASE] [NAME] [--fit | --quick]`."""
# ruff: noqa

import sys
import time

import numpy as np

from tashkent.calibration.baselines import BASELINES, p_in
from tashkent.calibration.holdout import leave_one_state_out
from tashkent.calibration.posterior import fit
from tashkent.calibration.scores import brier, split_at_renewal
from tashkent.model.case import load_case
from tashkent.model.counterfactual import parse_counterfactual
from tashkent.model.simulate import simulate
from tashkent.model.world import compile_case, is_in

M = lambda y, m: y * 12 + m - 1
args = sys.argv[1:]
quick = "--quick" in args
args = [a for a in args if not a.startswith("--")]
case = load_case(args[0] if args else "cst")
name = args[1] if len(args) > 1 else "?"
t0 = time.time()
tab = leave_one_state_out(case)
tab["gain"] = tab["model"] - tab["structural steps"]
foc = tab[tab.club == case.focus]
pact = foc.gain.sum()
allc = tab.gain.sum()
print(
    f"LOSO pact {pact:+.2f}  all {allc:+.2f}  by club",
    {c: round(float(g), 1) for c, g in tab.groupby("club").gain.sum().items()},
)
print(" pact by state", {r.state: round(float(r.gain), 1) for r in foc.itertuples()})
for c in ("GUAM", "SCO", "PFP"):
    print(
        f" {c} by state",
        {
            r.state: round(float(r.gain), 1)
            for r in tab[tab.club == c].itertuples()
            if abs(r.gain) > 0.3
        },
    )
post = fit(case)
print(" mode", {n: f"{m:.2f}±{s:.2f}" for n, m, s in zip(post.names, post.mode, post.sd)})
inp = compile_case(case)
cap = (inp.situation.threat >= 3.0 - 1e-9)[:, inp.decides]
cap = (
    (inp.situation.threat >= inp.situation.threat.max() - 1e-9).mean(axis=0)
    if inp.situation.threat.max() < 3
    else (inp.situation.threat >= 3.0 - 1e-9).mean(axis=0)
)
names = tuple(case.threats)
hi = [
    (case.state_ids[s], names[k], round(float(cap[s, k]), 2))
    for s in range(cap.shape[0])
    for k in range(cap.shape[1])
    if cap[s, k] > 0.1
]
print(f" max threat {inp.situation.threat.max():.2f}; at cap >10%: {len(hi)} {hi[:6]}")
if "--fit" in sys.argv:
    sys.exit()
print("--fit %.0fs" % (time.time() - t0))
R = 300
draws = post.draws(runs=R, seed=5)
ids = case.state_ids
clubs = tuple(case.clubs)
summary = []
for y, m in ((1992, 5), (1998, 12)):
    start = M(y, m)
    ens = simulate(case, draws, seed=5, start=start)
    p = ens.p_in
    print(f"== from {y}-{m:02d}")
    for c in clubs:
        row = []
        for low, high in (
            (max(start + 1, M(1994, 1)), case.fit_until),
            (case.fit_until + 1, case.end),
        ):
            b = {
                "model": brier(case, p, start, c, low, high),
                "nobody": brier(case, p_in(case, None, start), start, c, low, high),
            }
            for n in ("constant hazards", "structural steps"):
                b[n] = brier(case, p_in(case, BASELINES[n], start), start, c, low, high)
            best = min((v, k) for k, v in b.items() if k != "model")
            row.append(
                f"{b['model']:.3f} vs {best[0]:.3f} ({best[1]}) {'OK' if b['model'] <= best[0] + 0.0005 else 'x'}"
            )
            if c != case.focus:
                summary.append(f"{b['model']:.3f}{'' if b['model'] <= best[0] + 0.0005 else '*'}")
        print(f"  {c}: ", " | ".join(row))
    seats = ens.seats
    for c in clubs[1:] + clubs[:1]:
        ci = clubs.index(c)
        for d in ((1998, 11), (1999, 12), (2005, 1), (2012, 12), (2025, 12)):
            if M(*d) < start:
                continue
            t = ens.at(M(*d))
            v = seats[:, t, :, ci].mean(0)
            rec = is_in(inp.record.status[M(*d) - case.start, :, ci])
            if c == case.focus or d in ((1998, 11), (2005, 1), (2012, 12), (2025, 12)):
                print(
                    f"   {c} {d[0]}-{d[1]:02d}",
                    " ".join(
                        f"{ids[s]}{'*' if rec[s] else ''} {v[s]:.2f}"
                        for s in range(len(ids))
                        if inp.decides[s]
                    ),
                )
    g = clubs.index("GUAM")
    a, z = ids.index("ARM"), ids.index("AZE")
    both = seats[:, :, a, g] & seats[:, :, z, g]
    print(f"  ARM&AZE in GUAM ever {both.any(1).mean():.2f}; max month {both.mean(0).max():.2f}")
    summary.append(f"{both.any(1).mean():.2f}")
    if start == M(1998, 12):
        sp = split_at_renewal(ens, M(1999, 4))
        print(
            f"  1999 all right {sp.all_right:.2f} balanced {sp.balanced_accuracy:.2f}",
            dict(zip(sp.states, np.round(sp.p_stay, 2))),
        )
        allr = sp.all_right
    u = seats[:, :, ids.index("UZB"), 0]
    tt = ens.at(M(1999, 12))
    h = ens.at(M(2012, 6))
    e = ens.at(M(2013, 12))
    out = ~u[:, tt]
    back = u[:, tt : e + 1].any(1)
    o2 = ~u[:, e]
    print(
        f"  UZB in-out-in-out {(out & back & o2).mean():.2f}; back by 2012-06 {(out & u[:, tt:h].any(1)).mean():.2f}"
    )
    if not quick:
        for c in ("GUAM", "SCO", "PFP"):
            cf = parse_counterfactual(
                f'''schema = 1
id = "X{c}"
title = "No {c}"
question = "q?"
starts = ["{y}-{m:02d}"]
lesson = "x"
source = "GK"
[[patch]]
do = "remove_club"
club = "{c}"
''',
                f"X{c}.toml",
            )
            try:
                other = cf.apply(case)
            except Exception as ex:
                print("  remove", c, "failed", str(ex)[:100])
                continue
            e2 = simulate(other, draws, seed=5, start=start)
            ci = 0
            cj = tuple(other.clubs).index("CST")
            n = min(seats.shape[1], e2.seats.shape[1])
            d = e2.seats[:, :, :, cj].astype(float) - seats[:, :, :, 0]
            mean = d.mean(0)
            se = d.std(0) / np.sqrt(R)
            z = np.where(se > 0, np.abs(mean) / np.maximum(se, 1e-9), 0)
            t, s = np.unravel_index(np.abs(mean).argmax(), mean.shape)
            print(
                f"  without {c}: max |dP(in CST)| {mean[t, s]:+.3f} ±{1.96 * se[t, s]:.3f} {ids[s]} {(start + t) // 12}-{(start + t) % 12 + 1:02d};",
                " ".join(
                    f"{ids[k]} {mean[np.abs(mean[:, k]).argmax(), k]:+.3f}"
                    for k in range(len(ids))
                    if np.abs(mean[:, k]).max() > 0.01
                ),
            )
            summary.append(f"{mean[t, s]:+.3f}{'' if abs(mean[t, s]) > 1.96 * se[t, s] else '?'}")
print("SUM", name, f"pact {pact:+.2f} all {allc:+.2f} allright {allr:.2f}", " ".join(summary))
print("--total %.0fs" % (time.time() - t0))
