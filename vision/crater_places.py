"""Where on the map triads put the middle of a view, and which craters they pair."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.vision.crater_catalogue import CraterCatalogue
from farside.vision.crater_pairs import Circles
from farside.vision.crater_triads import SHAPE, TriadIndex, Triads, triads_of
from farside.vision.errors import VisionError
from farside.vision.view import CameraView

Array = NDArray[np.float64]
Index = NDArray[np.intp]

#: The surest craters of each octave of sizes of an image have their triads looked up.
_MOST_SEEN: Final = 80
#: Neighbours of a crater of the catalogue, of which some are not seen.
_NEIGHBOURS_HELD: Final = 9
#: Craters of the catalogue whose triads are indexed at most.
_MOST_INDEXED: Final = 20000
#: Places at which most triads agree that are tried; a bin's share of half the view.
_PLACES, _BIN = 16, 0.12
#: What a place is expected to have by chance is told by so many bins on each side.
_AROUND: Final = 4
#: Pairs of two triads and more are used alone where there are so many.
_SURE: Final = 6
#: Ground seen flatter than this tells nothing: sine of the ray's elevation.
_FLATTEST: Final = 0.25


@dataclass(frozen=True, eq=False)
class CraterIndex:
    """A catalogue and its triads, made once.

    Attributes
    ----------
    catalogue : CraterCatalogue
    rows : ndarray of intp, (n,)
        Of the catalogue's craters that are indexed.
    triads : TriadIndex
    turn_rad, height_share : float
        Greatest error of attitude and height that it serves.
    """

    catalogue: CraterCatalogue
    rows: Index
    triads: TriadIndex
    turn_rad: float
    height_share: float

    @classmethod
    def of(
        cls,
        catalogue: CraterCatalogue,
        turn_rad: float = math.radians(5.0),
        height_share: float = 0.2,
    ) -> CraterIndex:
        """Index the triads of the surest craters.

        Raises
        ------
        VisionError
            Fewer than 10 craters, or errors that are none.
        """
        if not (0.0 <= turn_rad <= 0.2 and 0.0 <= height_share <= 0.4):
            raise VisionError(
                f"an attitude to {turn_rad:g} rad and a height to {height_share:g} of it; 0.2 rad "
                "and 0.4 at most"
            )
        if len(catalogue) < 10:
            raise VisionError(f"a catalogue of {len(catalogue)} craters; 10 at least are needed")
        rows = np.argsort(-catalogue.craters["quality"], kind="stable")[:_MOST_INDEXED]
        rows = np.sort(rows)
        triads = triads_of(catalogue.circles.take(rows), _NEIGHBOURS_HELD, ordered=False)
        index = TriadIndex(triads, turn_rad, height_share)
        return cls(catalogue, rows, index, turn_rad, height_share)

    @property
    def ground_m(self) -> float:
        """Height of the middle of its craters above the datum's radius [m]."""
        return float(np.median(self.catalogue.craters["height_m"]))

    def level_axes(self, view: CameraView) -> Array:
        """Return rows along, across and up at the place beneath a camera, site frame, (3, 3)."""
        image_map = self.catalogue.image_map
        u, v, _ = image_map.arcs(view.r_site[None])
        angles = np.array([float(u[0]), float(v[0])]) / image_map.arc_m
        (c_u, c_v), (s_u, s_v) = deterministic.cos(angles), deterministic.sin(angles)
        turned = np.array(
            [[c_u, 0.0, -s_u], [-s_v * s_u, c_v, -s_v * c_u], [c_v * s_u, s_v, c_v * c_u]]
        )
        return deterministic.product(turned, image_map.axes)

    @property
    def map_m(self) -> float:
        """Half of the longer side of the ground that its craters cover [m]."""
        at = self.catalogue.circles.at
        return 0.5 * float(np.maximum(np.ptp(at[:, 0]), np.ptp(at[:, 1]))) + 1.0

    def spread(self, view: CameraView, level_m: float) -> Array:
        """Return the covariance (6, 6) of a rough pose whose place is known to level_m [m].

        The greatest errors of height and attitude are 2 sigma.
        """
        up = 0.5 * self.height_share * max(self.above_m(view), 1.0) + 1.0
        turn = 0.5 * self.turn_rad + 1e-4
        return np.diag(np.array([level_m, level_m, up, turn, turn, turn]) ** 2)

    def above_m(self, view: CameraView) -> float:
        """Return the height of a camera above the middle of its craters [m]."""
        _, _, high = self.catalogue.image_map.arcs(view.r_site[None])
        return float(high[0]) - self.ground_m


@dataclass(frozen=True, eq=False)
class Plane:
    """The craters of an image on level ground, arcs from beneath the camera.

    Attributes
    ----------
    circles : Circles
    middle : ndarray, (2,)
        Mean of their middles [m].
    range_m, half_m : float
        Distance of the ground, and half the side of what is in view.
    noise_px : float
        Error of the middles [px], 1 sigma, beside a share of the radius.
    """

    circles: Circles
    middle: Array
    range_m: float
    half_m: float
    noise_px: float
    focal_px: float

    def widened(self, triads: Triads) -> Array:
        """Return by what the tolerances of triads grow, for their middles are noisy, (n,)."""
        noise_m = 1.5 * self.noise_px * deterministic.power_of(2.0, 0.5) * self.sample_m
        long_m = deterministic.exp(triads.shape[:, 3])
        return np.asarray(1.0 + noise_m / (SHAPE * long_m))

    @property
    def sample_m(self) -> float:
        """Ground in a pixel [m]."""
        return self.range_m / self.focal_px


def surest_of(radius: Array) -> Index:
    """Return the rows of the surest craters of each octave of sizes; the surest come first."""
    octave = np.floor(deterministic.log2(radius / radius.min())).astype(np.int64)
    parts = [np.flatnonzero(octave == k)[:_MOST_SEEN] for k in np.unique(octave).tolist()]
    return np.sort(np.concatenate(parts))


def plane_of(
    index: CraterIndex, seen: NDArray[np.void], rough: CameraView, noise_px: float
) -> Plane | None:
    """Return the craters on a level sphere at the rough height, arcs from beneath the camera."""
    image_map, above = index.catalogue.image_map, index.above_m(rough)
    if not above > 1.0:
        return None
    rays = deterministic.product(rough.rays(seen["px"]), index.level_axes(rough).T)
    ground = image_map.radius_m + index.ground_m
    # | (0, 0, ground + above) + t ray | = ground
    b = rays[:, 2] * (ground + above)
    under = b * b - above * (2.0 * ground + above)
    if not ((b < 0.0) & (under > (_FLATTEST * ground) ** 2)).all():
        return None
    far = -b - np.sqrt(under)
    x, y = far * rays[:, 0], far * rays[:, 1]
    z = ground + above + far * rays[:, 2]
    at = image_map.arc_m * np.column_stack(
        [deterministic.arctan2(x, z), deterministic.arctan2(y, deterministic.hypot(x, z))]
    )
    radius = seen["radius_px"] * far / rough.pinhole.focal_px[0]
    middle = np.array([math.fsum(at[:, k].tolist()) / len(at) for k in range(2)])
    half = 0.5 * float(np.maximum(np.ptp(at[:, 0]), np.ptp(at[:, 1])))
    return Plane(
        Circles(at, radius),
        middle,
        float(np.median(far)),
        max(half, 1.0),
        noise_px,
        rough.pinhole.focal_px[0],
    )


def places_of(
    index: CraterIndex, plane: Plane, triads: Triads, found: Index, held: Index
) -> list[tuple[Array, Index]]:
    """Return where on the map the middle of the view is by most triads, and which say so."""
    if len(found) == 0:
        return []
    circles = index.catalogue.circles.take(index.rows)
    p = plane.circles.at[triads.rows[found]]
    q = circles.at[index.triads.triads.rows[held]]
    # w = q0 + (z - p0) (q2 - q0) / (p2 - p0) as complex numbers
    d, f, g = p[:, 2] - p[:, 0], q[:, 2] - q[:, 0], plane.middle - p[:, 0]
    square = d[:, 0] * d[:, 0] + d[:, 1] * d[:, 1]
    real = (f[:, 0] * d[:, 0] + f[:, 1] * d[:, 1]) / square
    imaginary = (f[:, 1] * d[:, 0] - f[:, 0] * d[:, 1]) / square
    at = q[:, 0] + np.column_stack(
        [g[:, 0] * real - g[:, 1] * imaginary, g[:, 0] * imaginary + g[:, 1] * real]
    )
    bin_m = _BIN * plane.half_m
    cells = np.floor(at / bin_m).astype(np.int64)
    cells -= cells.min(axis=0) - _AROUND
    cols = int(cells[:, 1].max()) + _AROUND + 1
    keys = cells[:, 0] * cols + cells[:, 1]
    held_keys, counts = np.unique(keys, return_counts=True)
    near_by, around = (_summed(held_keys, counts, cols, half) for half in (1, _AROUND))
    expected = around * (9.0 / (2 * _AROUND + 1) ** 2)
    total = (near_by - expected) / np.sqrt(expected + 1.0)
    out: list[tuple[Array, Index]] = []
    taken: set[tuple[int, int]] = set()
    for k in np.argsort(-total, kind="stable").tolist():
        row, col = divmod(int(held_keys[k]), cols)
        if len(out) == _PLACES:
            break
        if any((row + i, col + j) in taken for i in (-1, 0, 1) for j in (-1, 0, 1)):
            continue
        taken.add((row, col))
        near = (np.abs(cells[:, 0] - row) <= 1) & (np.abs(cells[:, 1] - col) <= 1)
        voters = np.flatnonzero(near)
        out.append((np.median(at[voters], axis=0), voters))
    return out


def _summed(keys: Index, counts: Index, cols: int, half: int) -> Index:
    """Return the counts of squares of bins of side 2 half + 1 about each bin."""
    total = np.zeros(len(keys), np.int64)
    for i in range(-half, half + 1):
        for j in range(-half, half + 1):
            other = keys + i * cols + j
            k = np.minimum(np.searchsorted(keys, other), len(keys) - 1)
            total += np.where(keys[k] == other, counts[k], 0)
    return total


def pairs_of(
    index: CraterIndex, triads: Triads, found: Index, held: Index
) -> tuple[Index, Index, Index]:
    """Return craters of the image and of the catalogue that triads pair, and by how many votes."""
    i = triads.rows[found].ravel()
    j = index.rows[index.triads.triads.rows[held]].ravel()
    both, counts = np.unique(np.column_stack([i, j]), axis=0, return_counts=True)
    order = np.lexsort((both[:, 1], both[:, 0], -counts))
    taken_i, taken_j, kept = set(), set(), []
    for k in order.tolist():
        a, b = int(both[k, 0]), int(both[k, 1])
        if a not in taken_i and b not in taken_j:
            taken_i.add(a)
            taken_j.add(b)
            kept.append(k)
    rows = np.array(kept, np.intp)
    twice = rows[counts[rows] > 1]
    rows = twice if len(twice) >= _SURE else rows
    return both[rows, 0].astype(np.intp), both[rows, 1].astype(np.intp), counts[rows]
