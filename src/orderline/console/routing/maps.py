"""A map as SVG: places on a plain projection, with land and borders behind them (Natural Earth, see `world/`)."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any, Final

import msgspec

WIDTH: Final = 480
HEIGHT: Final = 330
_MARGIN: Final = 36
_LEAST_DEGREES: Final = 5  # less than that shows no land that anybody knows
_APART: Final = 25  # how far marks are from one another
_STEPS: Final = (0.5, 1, 2, 5, 10, 20, 30)

Point = tuple[float, float]
# west, south, east, north
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Spot:
    """A place in degrees. mark: what stands in its circle; "": it is where the units go. kind: of style. name: in words."""

    name: str
    mark: str
    kind: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Mark:
    """Where a spot is drawn, and where it is: they differ where several are close together."""

    spot: Spot
    x: float
    y: float
    at_x: float
    at_y: float

    @property
    def moved(self) -> bool:
        """Does it stand beside its place?"""
        return (self.x, self.y) != (self.at_x, self.at_y)


@dataclass(frozen=True)
class Map:
    """land, borders, grid: paths. ways: from those that serve to where the units go. told: all of it in a sentence."""

    land: str
    borders: str
    grid: str
    degrees: list[tuple[float, float, str]]
    ways: list[tuple[float, float, float, float]]
    marks: list[Mark]
    told: str
    width: int = WIDTH
    height: int = HEIGHT


class _Projection:
    """Longitudes and latitudes as they are, the former as wide as they are in the middle of the map."""

    def __init__(self, points: Sequence[Point]) -> None:
        west, east = min(x for x, _ in points), max(x for x, _ in points)
        south, north = min(y for _, y in points), max(y for _, y in points)
        self._shrink = max(0.2, math.cos(math.radians((south + north) / 2)))
        wide, high = WIDTH - 2 * _MARGIN, HEIGHT - 2 * _MARGIN
        self._scale = min(
            wide / max((east - west) * self._shrink, _LEAST_DEGREES), high / max(north - south, _LEAST_DEGREES)
        )
        self._middle = ((west + east) / 2, (south + north) / 2)
        across, up = WIDTH / 2 / self._scale / self._shrink, HEIGHT / 2 / self._scale
        x, y = self._middle
        self.box: Box = (x - across, max(-90.0, y - up), x + across, min(90.0, y + up))

    def place(self, longitude: float, latitude: float) -> Point:
        x, y = self._middle
        return (
            round(WIDTH / 2 + (longitude - x) * self._scale * self._shrink, 1),
            round(HEIGHT / 2 - (latitude - y) * self._scale, 1),
        )


def draw(spots: Sequence[Spot]) -> Map | None:
    """A map of places; None: there are none."""
    if not spots:
        return None
    turned = _turned(spots)
    points = [(x, each.latitude) for each, x in zip(spots, turned, strict=True)]
    projection = _Projection(points)
    marks = _apart(spots, [projection.place(*each) for each in points])
    target = next((each for each in marks if not each.spot.mark), None)
    ways = [
        (each.at_x, each.at_y, target.at_x, target.at_y)
        for each in marks
        if target is not None and each.spot.kind == "serves"
    ]
    land, borders = _world(projection)
    grid, degrees = _grid(projection)
    told = "; ".join(f"{each.mark}: {each.name}" if each.mark else f"to {each.name}" for each in spots)
    return Map(land, borders, grid, degrees, ways, marks, told)


def _turned(spots: Sequence[Spot]) -> list[float]:
    """Longitudes so that what is near across the date line is near on the map."""
    east = [each.longitude for each in spots]
    around = [x + 360 if x < 0 else x for x in east]
    return around if max(around) - min(around) < max(east) - min(east) else east


def _apart(spots: Sequence[Spot], points: Sequence[Point]) -> list[Mark]:
    """Marks that do not cover one another: the next free place around where it is."""
    taken: list[Point] = []
    marks: list[Mark] = []
    for spot, (x, y) in sorted(
        zip(spots, points, strict=True), key=lambda each: (bool(each[0].mark), each[0].kind != "serves")
    ):
        free = next((at for at in _around(x, y) if all(math.dist(at, other) >= _APART for other in taken)), (x, y))
        taken.append(free)
        marks.append(Mark(spot, *free, x, y))
    return marks


def _around(x: float, y: float) -> Iterator[Point]:
    yield x, y
    for ring in range(1, 8):
        for turn in range(6 * ring):
            angle = math.tau * turn / (6 * ring)
            at = (round(x + _APART * ring * math.cos(angle), 1), round(y + _APART * ring * math.sin(angle), 1))
            if 12 <= at[0] <= WIDTH - 12 and 12 <= at[1] <= HEIGHT - 12:
                yield at


def _grid(projection: _Projection) -> tuple[str, list[tuple[float, float, str]]]:
    """Lines of latitude and longitude, and their degrees at the edge."""
    west, south, east, north = projection.box
    step = next((each for each in _STEPS if (north - south) / each <= 6), 45)
    lines: list[str] = []
    told: list[tuple[float, float, str]] = []
    for at in range(math.ceil(south / step), math.floor(north / step) + 1):
        _, y = projection.place(0, at * step)
        lines.append(f"M0 {y}H{WIDTH}")
        told.append((4, y - 3, f"{abs(at * step):g}° {'N' if at >= 0 else 'S'}"))
    for at in range(math.ceil(west / step), math.floor(east / step) + 1):
        x, _ = projection.place(at * step, 0)
        degrees = (at * step + 180) % 360 - 180
        lines.append(f"M{x} 0V{HEIGHT}")
        told.append((x + 3, HEIGHT - 5, f"{abs(degrees):g}° {'E' if degrees >= 0 else 'W'}"))
    return "".join(lines), told


def _world(projection: _Projection) -> tuple[str, str]:
    """Land and borders as far as the map shows them."""
    west, south, east, north = projection.box
    land: list[str] = []
    borders: list[str] = []
    rings, lines = world()
    for turn in (-360.0, 0.0, 360.0):
        box = (west - turn, south, east - turn, north)
        for around, ring in rings:
            if _meet(around, box):
                land += _drawn(_cut(ring, box), projection, turn, close=True)
        for around, line in lines:
            if _meet(around, box):
                for piece in _inside(line, box):
                    borders += _drawn(piece, projection, turn, close=False)
    return "".join(land), "".join(borders)


def _drawn(points: Sequence[Point], projection: _Projection, turn: float, *, close: bool) -> Iterator[str]:
    told: list[str] = []
    for longitude, latitude in points:
        x, y = projection.place(longitude + turn, latitude)
        at = f"{x:g} {y:g}"
        if not told or told[-1] != at:
            told.append(at)
    if len(told) > 1 + close:
        yield "M" + "L".join(told) + ("Z" if close else "")


def _meet(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _cut(ring: Sequence[Point], box: Box) -> list[Point]:
    """The part of an area within a box (Sutherland and Hodgman: by one edge after the other)."""
    west, south, east, north = box
    points = list(ring)
    for axis, edge, sign in ((0, west, 1), (0, east, -1), (1, south, 1), (1, north, -1)):
        kept: list[Point] = []
        for at, point in enumerate(points):
            before = points[at - 1]
            inside, was = (point[axis] - edge) * sign >= 0, (before[axis] - edge) * sign >= 0
            if inside != was:
                kept.append(_crossing(before, point, axis, edge))
            if inside:
                kept.append(point)
        points = kept
        if not points:
            break
    return points


def _crossing(one: Point, other: Point, axis: int, edge: float) -> Point:
    part = (edge - one[axis]) / (other[axis] - one[axis])
    return one[0] + part * (other[0] - one[0]), one[1] + part * (other[1] - one[1])


def _inside(line: Sequence[Point], box: Box) -> Iterator[list[Point]]:
    """The pieces of a line whose steps touch a box."""
    piece: list[Point] = []
    for one, other in pairwise(line):
        around = (min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]), max(one[1], other[1]))
        if _meet(around, box):
            piece = piece or [one]
            piece.append(other)
        elif piece:
            yield piece
            piece = []
    if piece:
        yield piece


Shape = tuple[Box, list[Point]]


@cache
def world() -> tuple[list[Shape], list[Shape]]:
    """(the outer and inner rings of all land, the borders between countries), each with the box around it."""
    told: Any = msgspec.json.decode(
        resources.files("orderline.console").joinpath("world", "countries.json").read_bytes()
    )
    arcs = [_arc(each, told["transform"]) for each in told["arcs"]]
    used = [0] * len(arcs)
    for each in told["objects"]["countries"]["geometries"]:
        for at in {at if at >= 0 else ~at for ring in _rings(each) for at in ring}:
            used[at] += 1
    rings = [_joined(ring, arcs) for each in told["objects"]["land"]["geometries"] for ring in _rings(each)]
    return [(_box(each), each) for each in rings], [
        (_box(arc), arc) for arc, times in zip(arcs, used, strict=True) if times > 1
    ]


def _arc(steps: Iterable[tuple[int, int]], transform: dict[str, list[float]]) -> list[Point]:
    """TopoJSON keeps how far each point is from the one before, in whole steps."""
    (wide, high), (west, south) = transform["scale"], transform["translate"]
    x = y = 0
    points: list[Point] = []
    for dx, dy in steps:
        x, y = x + dx, y + dy
        points.append((x * wide + west, y * high + south))
    return points


def _rings(geometry: dict[str, Any]) -> Iterator[list[int]]:
    areas: list[Any] = geometry.get("arcs", [])
    for area in areas if geometry["type"] == "MultiPolygon" else [areas]:
        yield from area


def _joined(ring: Iterable[int], arcs: Sequence[list[Point]]) -> list[Point]:
    """An arc whose number is negative is gone along backwards."""
    points: list[Point] = []
    for at in ring:
        points += (arcs[at] if at >= 0 else arcs[~at][::-1])[bool(points) :]
    return points


def _box(points: Sequence[Point]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)
