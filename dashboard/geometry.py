"""Borders as SVG paths: an equal-area conic projection of the background map, made once; tiles where there is none."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from tashkent.agents.situation import Floats

HERE = Path(__file__).parent
#: central meridian, standard parallels and latitude of origin, in degrees
MERIDIAN, SOUTH, NORTH, ORIGIN = 62.0, 40.0, 62.0, 48.0
#: units of the drawing to an Earth radius: paths are whole numbers
UNITS = 1000
#: a point nearer than this to the one before it, in units, is left out
NEAR = 1.5
#: islands smaller than this, in square units, are left out
SMALL = 12.0
#: corners in degrees: what a wide and what a narrow screen shows
#: (Central Asia and the Caucasus have most to tell: they get the room, and the north does without)
WIDE = ((18.0, 49.0), (92.0, 45.0), (62.0, 33.8), (62.0, 59.5))
NARROW = ((19.0, 49.0), (83.0, 45.0), (60.0, 34.5), (50.0, 59.0))
#: a tile, and the room between two, in units; how many of a row have no place of their own
TILE, PITCH, ROW = 90, 100, 8

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Shape:
    """A state on the map."""

    state: str
    name: str
    path: str
    #: where its name stands, and whether a line must lead from there to the state
    label: tuple[int, int]
    anchor: tuple[int, int]


def project(degrees: Floats) -> Floats:
    """Albers' equal-area conic projection, shape (..., 2) to (..., 2); y grows to the south.

    Longitudes count from the central meridian within half a turn, so that nothing is torn at the antimeridian.
    """
    south, north, origin = np.radians([SOUTH, NORTH, ORIGIN])
    n = (np.sin(south) + np.sin(north)) / 2
    c = np.cos(south) ** 2 + 2 * n * np.sin(south)
    turn = n * np.radians((degrees[..., 0] - MERIDIAN + 180) % 360 - 180)
    rho = np.sqrt(c - 2 * n * np.sin(np.radians(degrees[..., 1]))) / n
    middle = np.sqrt(c - 2 * n * np.sin(origin)) / n
    return UNITS * np.stack([rho * np.sin(turn), rho * np.cos(turn) - middle], axis=-1)


@cache
def shapes() -> tuple[Shape, ...]:
    """All states of the background map; several features of one state are one shape."""
    features = json.loads((HERE / "eurasia.geojson").read_text(encoding="utf-8"))["features"]
    names: dict[str, str] = {}
    rings: dict[str, list[Floats]] = {}
    for feature in features:
        state, geometry = feature["properties"]["iso3"], feature["geometry"]
        names.setdefault(state, feature["properties"]["name"])
        several = geometry["type"] == "MultiPolygon"
        parts = geometry["coordinates"] if several else [geometry["coordinates"]]
        rings.setdefault(state, []).extend(
            project(np.array(ring, float)) for part in parts for ring in part
        )
    places = _places()
    found = []
    for state, parts in rings.items():
        largest = max(parts, key=_area)
        anchor = _centre(largest)
        kept = [ring for ring in parts if _area(ring) >= SMALL or ring is largest]
        path = "".join(_path(ring) for ring in kept)
        found.append(Shape(state, names[state], path, places.get(state, anchor), anchor))
    return tuple(found)


@cache
def boxes() -> dict[str, Box]:
    """What the map shows on a wide and on a narrow screen: left, top, width and height."""
    found = {}
    for name, corners in (("wide", WIDE), ("narrow", NARROW)):
        points = project(np.array(corners))
        low, high = points.min(axis=0), points.max(axis=0)
        found[name] = (*map(int, low), *map(int, high - low))
    return found  # type: ignore[return-value]


def tiles(states: Sequence[tuple[str, str]]) -> tuple[Shape, ...]:
    """States (code and name) as squares about where they lie, by `tiles.csv`; others in rows below, in their order."""
    with (HERE / "tiles.csv").open(encoding="utf-8", newline="") as file:
        known = {
            row["state"]: (int(row["column"]), int(row["row"])) for row in csv.DictReader(file)
        }
    own = [known[state] for state, _ in states if state in known]
    left, below = min((c for c, _ in own), default=0), max((r + 1 for _, r in own), default=0)
    rest = [state for state, _ in states if state not in known]
    known |= {state: (left + i % ROW, below + i // ROW) for i, state in enumerate(rest)}
    found = []
    for state, name in states:
        x, y = (PITCH * at for at in known[state])
        middle = (x + TILE // 2, y + TILE // 2)
        found.append(Shape(state, name, f"M{x} {y}h{TILE}v{TILE}h-{TILE}z", middle, middle))
    return tuple(found)


def box_of(found: Sequence[Shape]) -> Box:
    """What is seen of tiles: all of them, with half of the room between two around."""
    edge = (PITCH - TILE) // 2
    low, high = (
        np.array([end(shape.anchor[i] for shape in found) for i in (0, 1)]) for end in (min, max)
    )
    corner = low - TILE // 2 - edge
    return (*corner.tolist(), *(high - low + PITCH).tolist())


def _places() -> dict[str, tuple[int, int]]:
    with (HERE / "labels.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["state"]: _whole(
                project(np.array([float(row["longitude"]), float(row["latitude"])]))
            )
            for row in csv.DictReader(file)
        }


def _whole(point: Floats) -> tuple[int, int]:
    x, y = np.rint(point).astype(int).tolist()
    return x, y


def _area(ring: Floats) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return abs(float(x[:-1] @ y[1:] - x[1:] @ y[:-1])) / 2


def _centre(ring: Floats) -> tuple[int, int]:
    """The centre of mass of a closed ring."""
    x, y = ring[:, 0], ring[:, 1]
    cross = x[:-1] * y[1:] - x[1:] * y[:-1]
    total = cross.sum() * 3
    return _whole(
        np.array([((x[:-1] + x[1:]) * cross).sum(), ((y[:-1] + y[1:]) * cross).sum()]) / total
    )


def _path(ring: Floats) -> str:
    """A ring as relative moves in whole units, without points that nobody would see."""
    kept = [ring[0]]
    for point in ring[1:-1]:
        if np.abs(point - kept[-1]).max() >= NEAR:
            kept.append(point)
    points = np.rint(np.array(kept)).astype(int)
    moves = np.diff(points, axis=0).ravel().tolist()
    words = "".join(f" {m}" if m >= 0 else str(m) for m in moves)
    return f"M{points[0, 0]} {points[0, 1]}l{words.strip()}z"
