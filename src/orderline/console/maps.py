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
_LEAST_STEP: Final = 1  # of a line that is drawn: less is not seen
_FINENESS: Final = (0.3, 0.1, 0.03, 0.0)  # in degrees, to which coasts are kept for maps of so much
_CHUNK: Final = 64
_STEPS: Final = (0.5, 1, 2, 5, 10, 20, 30)

Point = tuple[float, float]
# west, south, east, north
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Spot:
    """A place in degrees. mark: what stands in it. kind: of style, of which `target` is where units go. name: in words."""

    name: str
    mark: str
    kind: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Way:
    """A line through places, each (latitude, longitude). kind: of style; what is still ahead is `ahead`."""

    kind: str
    stops: tuple[Point, ...]


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
    """land, borders, grid: paths. ways: (kind, path). told: all of it in a sentence."""

    land: str
    borders: str
    grid: str
    degrees: list[tuple[float, float, str]]
    ways: list[tuple[str, str]]
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
        self.scale = min(
            wide / max((east - west) * self._shrink, _LEAST_DEGREES), high / max(north - south, _LEAST_DEGREES)
        )
        self._middle = ((west + east) / 2, (south + north) / 2)
        across, up = WIDTH / 2 / self.scale / self._shrink, HEIGHT / 2 / self.scale
        x, y = self._middle
        self.box: Box = (x - across, max(-90.0, y - up), x + across, min(90.0, y + up))

    def place(self, longitude: float, latitude: float) -> Point:
        x, y = self._middle
        return (
            round(WIDTH / 2 + (longitude - x) * self.scale * self._shrink, 1),
            round(HEIGHT / 2 - (latitude - y) * self.scale, 1),
        )


def draw(spots: Sequence[Spot], ways: Sequence[Way] = ()) -> Map | None:
    """A map of places, and of ways between them; None: there are none."""
    if not spots:
        return None
    stops = [(each.latitude, each.longitude) for each in spots] + [stop for way in ways for stop in way.stops]
    turn = _is_across([longitude for _, longitude in stops])
    projection = _Projection([(_turned(longitude, turn), latitude) for latitude, longitude in stops])

    def place(latitude: float, longitude: float) -> Point:
        return projection.place(_turned(longitude, turn), latitude)

    marks = _apart(spots, [place(each.latitude, each.longitude) for each in spots])
    lines = [
        (way.kind, "M" + "L".join(f"{x:g} {y:g}" for x, y in (place(*stop) for stop in way.stops))) for way in ways
    ]
    land, borders = _world(projection)
    grid, degrees = _grid(projection)
    told = "; ".join(f"{each.mark}: {each.name}" if each.kind != "target" else f"to {each.name}" for each in spots)
    return Map(land, borders, grid, degrees, lines, marks, told)


def _is_across(longitudes: Sequence[float]) -> bool:
    """Are places nearer to one another across the date line?"""
    around = [_turned(each, True) for each in longitudes]
    return max(around) - min(around) < max(longitudes) - min(longitudes)


def _turned(longitude: float, turn: bool) -> float:
    return longitude + 360 if turn and longitude < 0 else longitude


def _apart(spots: Sequence[Spot], points: Sequence[Point]) -> list[Mark]:
    """Marks that do not cover one another: the next free place around where it is."""
    taken: list[Point] = []
    marks: list[Mark] = []
    for spot, (x, y) in sorted(
        zip(spots, points, strict=True), key=lambda each: (each[0].kind != "target", each[0].kind != "serves")
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
    fineness = next(each for each in _FINENESS if each <= _LEAST_STEP / projection.scale)
    rings, lines = world(fineness)
    for turn in (-360.0, 0.0, 360.0):
        box = (west - turn, south, east - turn, north)
        for around, ring in rings:
            if _meet(around, box):
                land += _drawn(_cut(_near(ring, box), box), projection, turn, close=True)
        for around, line in lines:
            if _meet(around, box):
                for piece in _inside(line, box):
                    borders += _drawn(piece, projection, turn, close=False)
    return "".join(land), "".join(borders)


def _drawn(points: Sequence[Point], projection: _Projection, turn: float, *, close: bool) -> Iterator[str]:
    drawn = _thinned([projection.place(longitude + turn, latitude) for longitude, latitude in points], _LEAST_STEP)
    if len(drawn) > 1 + close:
        yield "M" + "L".join(f"{x:g} {y:g}" for x, y in drawn) + ("Z" if close else "")


def _thinned(points: Sequence[Point], least: float) -> list[Point]:
    """Points without those that are nearer than `least` to the one before."""
    kept: list[Point] = []
    x = y = math.inf
    for point in points:
        if abs(point[0] - x) + abs(point[1] - y) >= least:
            kept.append(point)
            x, y = point
    return kept


def _meet(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _near(ring: "Ring", box: Box) -> list[Point]:
    """A ring without what can't be seen: of a chunk that is beyond one edge, its ends are enough."""
    west, south, east, north = box
    points: list[Point] = []
    for (left, low, right, high), chunk in ring:
        away = right < west or left > east or high < south or low > north
        points += (chunk[0], chunk[-1]) if away else chunk
    return points


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
# A closed line in chunks, each with the box around it.
Ring = list[Shape]


@cache
def world(fineness: float) -> tuple[list[tuple[Box, Ring]], list[Shape]]:
    """(the outer and inner rings of all land, the borders between countries), each with the box around it.

    fineness: what is smaller is left out.
    """
    told: Any = msgspec.json.decode(
        resources.files("orderline.console").joinpath("world", "countries.json").read_bytes()
    )
    arcs = [_arc(each, told["transform"], fineness) for each in told["arcs"]]
    used = [0] * len(arcs)
    for each in told["objects"]["countries"]["geometries"]:
        for at in {at if at >= 0 else ~at for ring in _rings(each) for at in ring}:
            used[at] += 1
    rings = [_joined(ring, arcs) for each in told["objects"]["land"]["geometries"] for ring in _rings(each)]
    return [(_box(each), _chunks(each)) for each in rings], [
        (_box(arc), arc) for arc, times in zip(arcs, used, strict=True) if times > 1
    ]


def _arc(steps: Iterable[tuple[int, int]], transform: dict[str, list[float]], fineness: float) -> list[Point]:
    """TopoJSON keeps how far each point is from the one before, in whole steps. The ends stay: others begin there."""
    (wide, high), (west, south) = transform["scale"], transform["translate"]
    x = y = 0
    points: list[Point] = []
    for dx, dy in steps:
        x, y = x + dx, y + dy
        points.append((x * wide + west, y * high + south))
    return [*_thinned(points[:-1], fineness), points[-1]]


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


def _chunks(points: Sequence[Point]) -> Ring:
    parts = [list(points[at : at + _CHUNK]) for at in range(0, len(points), _CHUNK)]
    return [(_box(each), each) for each in parts]


def _box(points: Sequence[Point]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)
