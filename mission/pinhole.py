"""The geometry of a camera: which ray a pixel looks along, and which pixel a point falls on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common._camera import project, unproject
from farside.ext.common.errors import FarsideError

Array = NDArray[np.float64]

#: Steps in which the radial polynomial is looked at, and how far beyond the corner [of its radius].
_STEPS = 2000
_BEYOND = 3.0


@dataclass(frozen=True)
class Pinhole:
    """A pinhole with distortion in OpenCV's convention (Brown-Conrady).

    Camera axes: x to the right (columns), y down (rows), z forward. The centre of a pixel has whole
    coordinates, the first of them (0, 0).

    Attributes
    ----------
    columns, rows : int
        Of the image.
    focal_px : tuple of float
        fx, fy [px].
    centre_px : tuple of float
        cx, cy [px].
    distortion : tuple of float
        k1, k2, p1, p2, k3.

    Examples
    --------
    >>> camera = Pinhole(1024, 1024, (1200.0, 1200.0), (511.5, 511.5))
    >>> camera.project([[0.0, 0.0, 5.0], [1.0, 0.0, 4.0]])
    array([[511.5, 511.5],
           [811.5, 511.5]])
    >>> camera.rays([[511.5, 511.5]])
    array([[0., 0., 1.]])
    """

    columns: int
    rows: int
    focal_px: tuple[float, float]
    centre_px: tuple[float, float]
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)

    @cached_property
    def r2_most(self) -> float:
        """Largest x^2 + y^2 that has a pixel: where the lens folds, or well beyond the corners."""
        k1, k2, _, _, k3 = self.distortion
        r = _BEYOND * self._corner() * np.arange(1.0, _STEPS + 1.0) / _STEPS
        r2 = r * r
        # d (r g) / d r
        growing = 1.0 + r2 * (3.0 * k1 + r2 * (5.0 * k2 + r2 * 7.0 * k3)) > 0.0
        within = _STEPS if growing.all() else int(np.argmin(growing))
        return float(r2[within - 1]) if within > 0 else 0.0

    def _corner(self) -> float:
        """Return the largest distance of the image's corners from its centre, focal lengths."""
        far = 0.0
        for u in (-0.5, self.columns - 0.5):
            for v in (-0.5, self.rows - 0.5):
                x = (u - self.centre_px[0]) / self.focal_px[0]
                y = (v - self.centre_px[1]) / self.focal_px[1]
                far = max(far, x * x + y * y)
        return math.sqrt(far)

    @property
    def folds(self) -> bool:
        """Whether the image has places that no ray falls on."""
        corners = [(u, v) for u in (0.0, self.columns - 1.0) for v in (0.0, self.rows - 1.0)]
        return not bool(np.isfinite(self.rays(corners)).all())

    @cached_property
    def model(self) -> dict[str, Any]:
        """The struct `PinholeModel` of ext/common/camera.pxd, by its members."""
        return {
            "columns": self.columns,
            "rows": self.rows,
            "focal_px": list(self.focal_px),
            "centre_px": list(self.centre_px),
            "distortion": list(self.distortion),
            "r2_most": self.r2_most,
        }

    def project(self, points_camera: ArrayLike) -> Array:
        """Return the columns and rows of points.

        Parameters
        ----------
        points_camera : array_like, (n, 3)
            In camera axes, in any unit.

        Returns
        -------
        ndarray, (n, 2)
            [px]; outside the image, too. NaN behind the camera and where the lens folds.

        Raises
        ------
        ValueError
            Another shape.
        """
        points = _rows(points_camera, 3, "points_camera")
        px = np.empty((len(points), 2))
        project(self.model, points, px)
        return px

    def rays(self, px: ArrayLike) -> Array:
        """Return the unit vectors, camera axes, that places of the image look along.

        Parameters
        ----------
        px : array_like, (n, 2)
            Columns and rows [px].

        Returns
        -------
        ndarray, (n, 3)
            NaN for a place that no ray falls on.

        Raises
        ------
        ValueError
            Another shape.
        """
        places = _rows(px, 2, "px")
        rays = np.empty((len(places), 3))
        unproject(self.model, places, rays)
        return rays

    def scaled(self, factor: int) -> Pinhole:
        """Return the camera whose pixels are factor x factor of this one's; edges are cut.

        Parameters
        ----------
        factor : int
            1 or more, and not more than the image has pixels.
        """
        if not 1 <= factor <= min(self.columns, self.rows):
            raise FarsideError(f"factor {factor}: from 1 to {min(self.columns, self.rows)}")
        off = 0.5 * (factor - 1)
        return Pinhole(
            self.columns // factor,
            self.rows // factor,
            (self.focal_px[0] / factor, self.focal_px[1] / factor),
            ((self.centre_px[0] - off) / factor, (self.centre_px[1] - off) / factor),
            self.distortion,
        )


def _rows(values: ArrayLike, width: int, name: str) -> Array:
    rows = np.ascontiguousarray(values, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != width:
        raise FarsideError(f"{name} of shape {rows.shape}; (n, {width}) is asked for")
    return rows
