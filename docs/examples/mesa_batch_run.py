"""Mesa's own batch runner over a weight of the theory: how many members are left, by the weight of patronage."""

import mesa
import pandas as pd

import tashkent as tk


class WithPatronage(tk.CoalitionModel):
    """The model with one of its weights as an argument, as any Mesa model has its own."""

    def __init__(self, *, patronage: float, run: int = 0, rng: int | None = None) -> None:
        super().__init__(run=run, start="1998-12", held={"patronage": patronage}, rng=rng)


def frame() -> pd.DataFrame:
    """One row for each state at the end of each run."""
    parameters = {"patronage": [0.0, 1.0], "run": range(3)}
    rows = mesa.batch_run(WithPatronage, parameters, rng=[1], display_progress=False)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    ends = frame()
    ends["in_pact"] = ["CST" in clubs for clubs in ends["clubs"]]
    print(ends.groupby(["patronage", "run"])["in_pact"].sum().unstack())
