"""docs/tables.md: every column of every table that a command writes or a case has, from the table of columns.

``python -m publish.tables`` writes it; there is nothing to run before.
"""

from pathlib import Path

from publish.page import rendered, table, write
from tashkent.experiments.codebook import COLUMNS, told

PAGE = Path("docs/tables.md")
#: whose tables, as the page calls them, in its order
OF = {
    "run": "tashkent run",
    "compare": "tashkent compare",
    "network": "tashkent network",
    "sweep": "tashkent sweep",
    "sensitivity": "tashkent sensitivity",
    "calibrate": "tashkent calibrate",
    "recover": "tashkent recover",
    "validate": "tashkent validate",
    "export": "tashkent export",
    "results": "Kept in results/",
    "case": "A case",
    "dashboard": "The dashboard",
}
HEADS = ("column", "in", "what", "unit", "role")


def sections() -> list[dict[str, str]]:
    """A section for each command and for a case: title, and a table with a row for each column.

    Raises
    ------
    LookupError
        If a table is of none of them.
    """
    found: dict[str, list[tuple[str, ...]]] = {of: [] for of in OF}
    for tables, row in told():
        places: dict[str, list[str]] = {}
        for one in tables:
            of, _, name = one.partition("/")
            if one != "*":
                places.setdefault(of, []).append(name)
        unknown = set(places) - set(OF)
        if unknown:
            raise LookupError(f"{COLUMNS.name}: {row.column}: {min(unknown)} is none of {list(OF)}")
        what = f"{row.label}; {row.note}" if row.note else row.label
        for of, names in places.items():
            where = ", ".join(f"`{name}`" for name in names)
            found[of].append((f"`{row.column}`", where, what, row.unit, row.role))
    return [{"title": OF[of], "table": table(HEADS, each)} for of, each in found.items()]


def page() -> str:
    """The whole page."""
    return rendered("tables.md", sections=sections()).rstrip("\n") + "\n"


def main() -> None:
    """Write the page."""
    write(PAGE, page())


if __name__ == "__main__":
    main()
