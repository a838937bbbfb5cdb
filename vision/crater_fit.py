"""The pose that pairs of craters ask for, and whether chance would give as many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.vision.consensus import Agreed, agree
from farside.vision.crater_catalogue import CraterCatalogue
from farside.vision.crater_pairs import (
    MOST_RATIO,
    Circles,
    assign,
    chance_of_pair,
    log_chance,
    sigma_m,
)
from farside.vision.pose import mahalanobis
from farside.vision.trn_result import MATCH, TrnCode, TrnResult
from farside.vision.verdict import BIAS, biased
from farside.vision.view import CameraView

Array = NDArray[np.float64]
Index = NDArray[np.intp]

#: With fewer craters that agree there is no fix.
LEAST_INLIERS: Final = 8
#: Of the craters of the image this share agrees at least; log10 of the chance.
LEAST_SHARE, CHANCE = 0.15, -9.0
#: x' P^-1 x of the change of the pose at most, as of vision/trn.py.
_MOST_SURPRISE: Final = 60.0
#: A residual counts in these [sigma], as consensus counts in cells: 1.5 of them is the last bound.
_UNIT: Final = 1.8


@dataclass(frozen=True, eq=False)
class Tried:
    """What agrees about one guess: pose, matches, and their rows among the image's craters."""

    agreed: Agreed
    matches: NDArray[np.void]
    rows: Index

    @property
    def count(self) -> int:
        """Matches that agree."""
        return int(self.agreed.inliers.sum())


@dataclass(frozen=True, eq=False)
class CraterFit:
    """Craters of an image and of the catalogue, about one guess of the pose.

    Attributes
    ----------
    catalogue : CraterCatalogue
    estimate : CameraView
        The guess.
    covariance : ndarray, (6, 6)
        Of it: position [m] and rotation vector [rad], site frame.
    px : ndarray, (n, 2)
        Craters of the image.
    circles : Circles
        The same on the map, where the guess has them.
    rows : ndarray of intp, (m,)
        Of the catalogue's craters that may be in view.
    cell_m : float
        Of the grid on which those of the image were found.
    area_m2 : float
        Of the ground on which the catalogue's craters may be in view.
    hypotheses : float
        log10 of how many poses may be tried.
    """

    catalogue: CraterCatalogue
    estimate: CameraView
    covariance: Array
    px: Array
    circles: Circles
    rows: Index
    cell_m: float
    area_m2: float
    hypotheses: float

    @property
    def held(self) -> Circles:
        """The catalogue's craters on the map."""
        return self.catalogue.circles.take(self.rows)

    @property
    def could_match(self) -> int:
        """Craters of the image that are not smaller than all but 2 % of the catalogue's there."""
        sizes = np.sort(self.held.radius)
        if len(sizes) == 0:
            return 0
        return int((self.circles.radius * MOST_RATIO >= sizes[len(sizes) // 50]).sum())

    def tried(self, shift: Array, gate_m: float) -> Tried | None:
        """Return what agrees about a shift, its matches, and which craters of the image they are.

        The pairs of the shift give a pose; that pose predicts the places, within less.

        Parameters
        ----------
        shift : ndarray, (2,)
            Along u and v [m].
        gate_m : float
            Half of the first gate [m].
        """
        spread = sigma_m(self.circles.radius, self.cell_m)
        moved = Circles(self.circles.at + shift, self.circles.radius)
        gate = np.maximum(gate_m, 3.0 * spread)
        start, agreed, matches, rows = None, None, None, np.zeros(0, np.intp)
        for _ in range(3):
            rows, other, _ = assign(moved, self.held, gate)
            if len(rows) < LEAST_INLIERS:
                return None
            matches, unit_px = self._matches(rows, other)
            agreed = agree(
                self.estimate, matches, unit_px, np.ones(len(rows), bool), self.covariance, start
            )
            if agreed is None:
                return None
            start = agreed.solved.moved
            at = self.placed(agreed.solved.view)
            moved, gate = Circles(at, self.circles.radius), 3.0 * spread
        assert agreed is not None and matches is not None
        return Tried(agreed, matches, rows)

    def placed(self, view: CameraView) -> Array:
        """Return the arcs (n, 2) [m] where a view puts the craters of the image."""
        image_map = self.catalogue.image_map
        rays = view.rays(self.px)
        at = self.circles.at
        level = image_map.levels[0]
        for _ in range(3):
            height = level.height_at(at[:, 0], at[:, 1])
            for finer in image_map.levels[1:]:
                inside = finer.covers(at[:, 0], at[:, 1])
                height = np.where(inside, finer.height_at(at[:, 0], at[:, 1]), height)
            centre = view.r_site + np.array([0.0, 0.0, image_map.radius_m])
            radius = image_map.radius_m + height
            b = deterministic.product(rays, centre)
            under = b * b - (deterministic.dot(centre, centre) - radius * radius)
            far = -b - np.sqrt(np.maximum(under, 0.0))
            u, v, _ = image_map.arcs(view.r_site + far[:, None] * rays)
            at = np.column_stack([u, v])
        return at

    def _matches(self, rows: Index, other: Index) -> tuple[NDArray[np.void], Array]:
        """Return the matches of pairs, and the unit of their residuals [px]."""
        out = np.zeros(len(rows), MATCH)
        out["px"] = self.px[rows]
        out["p_site"] = self.catalogue.places[self.rows[other]]
        far = deterministic.lengths(out["p_site"] - self.estimate.r_site)
        spread = sigma_m(self.circles.radius[rows], self.cell_m)
        spread_px = spread * self.estimate.pinhole.focal_px[0] / far
        out["variance_px2"] = spread_px * spread_px
        return out, np.asarray(_UNIT * spread_px)

    def judged(self, held: Tried) -> TrnResult:
        """Return the result of what agrees, a fix if chance would not give it."""
        image_map, cell_m = self.catalogue.image_map, self.cell_m
        agreed, count = held.agreed, held.count
        bound = 1.5 * _UNIT * sigma_m(self.circles.radius, cell_m)
        p = chance_of_pair(self.circles, self.held, bound, self.area_m2)
        tried = self.could_match
        chance = log_chance(count, tried, p, self.hypotheses, 3)
        wide = self.covariance.copy()
        for k, sigma in enumerate(image_map.registration_sigma_m):
            wide[k, k] += sigma * sigma
        code = TrnCode.FIX
        if count < LEAST_INLIERS or count < LEAST_SHARE * tried or chance > CHANCE:
            code = TrnCode.DISAGREE
        elif mahalanobis(agreed.solved.moved, wide) > _MOST_SURPRISE:
            code = TrnCode.IMPROBABLE
        level = min(image_map.levels, key=lambda each: (abs(each.cell_m - cell_m), each.cell_m))
        fixed = code is TrnCode.FIX
        return TrnResult(
            code,
            held.matches[agreed.inliers],
            agreed.solved.view if fixed else self.estimate,
            biased(agreed.solved.covariance, level) if fixed else self.covariance,
            BIAS * level.resolution_m,
            tried,
            count,
            chance,
            cell_m=cell_m,
            radius_m=self.circles.radius[held.rows[agreed.inliers]],
        )
