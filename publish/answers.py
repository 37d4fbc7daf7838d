"""The answers to the shipped questions, beside the case: what the dashboard needs only read.

``python -m publish.answers`` asks them all from their usual start and writes `model/cases/cst/answers.zip`.
"""

from tashkent.dashboard.ready import FILE, make
from tashkent.model.case import load_case


def main() -> None:
    """Ask them all."""
    case = load_case("cst")
    for name in make(case):
        print(name, flush=True)
    print(case.path / FILE)


if __name__ == "__main__":
    main()
