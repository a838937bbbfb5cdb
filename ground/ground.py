"""The true ground of one flight: layered, deterministic by seed, rasterised where it is needed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.ext.ground import _ground
from farside.ext.ground._ground import GroundModel
from farside.ground.arcs import Arcs
from farside.ground.column import ground_in_columns
from farside.ground.features import CRATER, ROCK, craters_in, rocks_in
from farside.ground.footprint import Disc, disc_offsets, fit_disc, safe_share
from farside.ground.grid import Grid
from farside.ground.layers import Layers
from farside.ground.level import compare_elevation, warn_between_posts
from farside.ground.measured import Measured, measure
from farside.ground.measured_grid import MeasuredGrid, measured_grid
from farside.ground.patches import FlatPatches, Patches, heights_on, square_block
from farside.ground.provenance import provenance_of
from farside.ground.views import Views
from farside.mission.integers import seed_key
from farside.mission.schema import Mission
from farside.raster import Dem, whole_moon

Array = NDArray[np.float64]

_SITE_M = 3.0  # half width of the patch that gives the site its elevation


class Ground(Views):
    """The true ground of one flight.

    Parameters
    ----------
    mission : Mission
        Its site, arrival azimuth and [ground] statistics are read.
    dems : sequence of paths
        Rasters to lay over the whole-Moon DEM, in any lunar CRS.
    seed : int
        Of the synthetic detail, from 0 on; the same seed gives the same ground to the bit.
    flat : bool
        An exact sphere through the site's elevation instead: nothing is read.

    Attributes
    ----------
    model : GroundModel
        The same ground for kernels; it belongs to one thread, as the Ground does.
    arcs : Arcs
        The coordinates u, v of its grids: along the flight, which arrives at the site along
        `orbit.arrival_azimuth_deg`, and across it (up x along), not east and north.

    Raises
    ------
    RasterError
        One line: a raster that cannot be flown over.

    Examples
    --------
    >>> from farside.ground import Ground
    >>> from farside.mission import load_mission
    >>> ground = Ground(load_mission("chang-e-6"), seed=1)
    >>> round(ground.radius_m), sorted(ground.grids)
    (1732162, ['corridor', 'region', 'site'])
    >>> u, v = ground.arcs_of(100.0, 0.0)  # 100 m east; the flight arrives westwards
    >>> round(float(u)), round(float(v))
    (-100, 0)
    >>> u, v = ground.arcs_below((0.0, 100.0, 2000.0))  # beneath a lander 2 km up
    >>> round(float(u)), round(float(v))
    (0, -100)
    >>> ground.height([0.0, 100.0], [0.0, 0.0]).round(2).tolist()  # all that there is
    [0.08, -4.68]
    >>> round(float(ground.measured_heights(0.0, 0.0)), 2)  # without synthetic detail
    -18.06
    >>> ground.provenance(0.0, 0.0).tolist()  # WHOLE_MOON + SYNTHETIC
    5
    >>> f"{ground.normal(0.0, 0.0)[2]:.3f}"
    '0.994'

    Footprints of 5 m, and what stands on the ground:

    >>> disc = ground.disc(0.0, 0.0)
    >>> f"{disc.slope_deg:.1f} deg, {disc.roughness_m:.2f} m", disc == ground.disc_at(0.0, 0.0)
    ('8.0 deg, 0.19 m', True)
    >>> f"{ground.safe_share(0.0, 0.0, size_m=20.0):.2f}"
    '0.31'
    >>> len(ground.craters(0.0, 0.0, 50.0)), len(ground.rocks(0.0, 0.0, 50.0))  # in 100 m x 100 m
    (4779, 1472)

    Grids: for pictures, for the kernels, for a map made before the flight.

    >>> ground.patch(0.0, 0.0, 10.0).heights.shape
    (201, 201)
    >>> ground.rasterise(0.0, 0.0, 30.0)
    >>> ground.model.covers(20.0, 0.0, margin=5.0), ground.model.covers(100.0, 0.0, margin=5.0)
    (True, False)
    >>> ground.measured_grid(2000.0).heights_m.shape
    (43, 422)
    """

    def __init__(
        self,
        mission: Mission,
        dems: Sequence[str | Path | Dem] = (),
        seed: int = 0,
        flat: bool = False,
    ) -> None:
        site, azimuth = mission.site, mission.orbit.arrival_azimuth_deg
        self.seed = seed = seed_key(seed)
        self.flat = flat
        self.albedo_mean = mission.ground.albedo_mean
        self._patches: Patches | FlatPatches
        self._limits = (mission.hazards.slope_deg, mission.hazards.obstacle_m)
        if flat:
            self.arcs = Arcs(site.latitude_deg, site.longitude_deg, azimuth, site.radius_m)
            along, across, _ = self.arcs.axes
            self.model = GroundModel(site.radius_m, site.radius_m, along, across)
            self._patches = FlatPatches(self.model)
            return
        measured: Measured = measure(
            site.latitude_deg, site.longitude_deg, azimuth, mission.ground.radius_m, dems
        )
        self.arcs = measured.arcs
        compare_elevation(site.elevation_m, self.arcs.arc_m, dems)
        if not measured.raster_index(0.0, 0.0):
            warn_between_posts(site.latitude_deg)
        self._layers = Layers(measured, mission.ground, seed)
        self.model = self._layers.model()
        self._patches = Patches(self._layers, self.model)
        self._set_radius()

    def _set_radius(self) -> None:
        """Set radius_m to the mean height of the disc at the site."""
        self.rasterise(0.0, 0.0, _SITE_M)
        u, v = np.ascontiguousarray(disc_offsets().T)
        radius_m = self.arcs.arc_m + float(heights_on(self.model, u, v).mean())
        self.model.set_radius(radius_m)
        self._patches.asked.set_radius(radius_m)

    @property
    def radius_m(self) -> float:
        """Distance [m] of the ground at the site (mean of the 5 m disc) from the Moon's centre."""
        return self.model.radius_m

    @property
    def raster_names(self) -> tuple[str, ...]:
        """What was measured, from coarse to fine; nothing if it is flat."""
        if self.flat:
            return ()
        return (whole_moon().name, *(each.name for each in self._layers.measured.rasters))

    @property
    def grids(self) -> dict[str, Grid]:
        """What the ground is before any flight: corridor, region, site; nothing if it is flat."""
        if self.flat:
            return {}
        site = self.patch(0.0, 0.0, _SITE_M)
        return {
            "corridor": self._layers.measured.corridor,
            "region": self._layers.region,
            "site": site,
        }

    # ---- patches ---------------------------------------------------------------------------

    def rasterise(self, u: float, v: float, half_width_m: float) -> None:
        """Hold everything there is, at 0.1 m, in a square about arcs u, v [m], for the kernels.

        It takes the place of the patch before. Nothing is done on a flat ground.

        Parameters
        ----------
        u, v : float
            Arcs of the middle [m].
        half_width_m : float
            Half the side of the square [m].
        """
        self._patches.lay(square_block(u, v, half_width_m))

    def patch(self, u: float, v: float, half_width_m: float) -> Grid:
        """Rasterise a square about arcs u, v [m] at 0.1 m, and leave the kernels' patch alone.

        Parameters
        ----------
        u, v : float
            Arcs of the middle [m].
        half_width_m : float
            Half the side of the square [m].

        Returns
        -------
        Grid
            Heights above arcs.arc_m: add arcs.arc_m - radius_m for those above radius_m.
        """
        return self._patches.grid(square_block(u, v, half_width_m))

    def measured_heights(self, u: ArrayLike, v: ArrayLike) -> Array:
        """Return what was measured [m above radius_m] at arcs u, v [m] anywhere on the Moon.

        Parameters
        ----------
        u, v : array_like
            Arcs from the site along the flight and across it (up x along) [m], of one shape.

        Returns
        -------
        ndarray
            Heights [m].
        """
        if self.flat:
            return np.zeros(np.broadcast_shapes(np.shape(u), np.shape(v)))
        above_arc = self._layers.measured.heights(u, v)
        return np.asarray(above_arc + (self.arcs.arc_m - self.radius_m))

    # ---- heights and normals ---------------------------------------------------------------

    def arcs_of(self, x_m: ArrayLike, y_m: ArrayLike) -> tuple[Array, Array]:
        """Return the arcs u, v [m] of the ground at x east and y north [m] of the site frame.

        On the near half of the Moon; NaN where there is no ground at x and y. Beneath a point that
        may be anywhere, `arcs_below` is the one to ask.

        Parameters
        ----------
        x_m, y_m : array_like
            East and north of the site [m].

        Returns
        -------
        tuple of ndarray
            Arcs u and v [m].
        """
        x, y = np.broadcast_arrays(np.asarray(x_m, np.float64), np.asarray(y_m, np.float64))
        u, v = self.arcs_below(ground_in_columns(self.model, x.ravel(), y.ravel()))
        return u.reshape(x.shape), v.reshape(x.shape)

    def arcs_below(self, r_site: ArrayLike) -> tuple[Array, Array]:
        """Return the arcs u, v [m] of the ground beneath points anywhere about the Moon.

        Parameters
        ----------
        r_site : array_like, (..., 3)
            East, north, up [m] of the site frame.

        Returns
        -------
        tuple of ndarray
            Arcs u and v [m].
        """
        p = np.asarray(r_site, dtype=np.float64)
        at = np.empty((p.size // 3, 3))
        _ground.places(self.model, np.ascontiguousarray(p.reshape(-1, 3)), at)
        return at[:, 0].reshape(p.shape[:-1]), at[:, 1].reshape(p.shape[:-1])

    def height(self, u: ArrayLike, v: ArrayLike) -> Array:
        """Return heights [m] above radius_m at arcs u, v [m], in all the detail that there is.

        Tiles of 13 m are rasterised where they are needed, 2 ms each, and some kept: for places
        far apart take the kernels of ext.ground._ground, which read the grids in memory.

        Parameters
        ----------
        u, v : array_like
            Arcs from the site along the flight and across it (up x along) [m], of one shape.

        Returns
        -------
        ndarray
            Heights [m].
        """
        shape = np.broadcast_shapes(np.shape(u), np.shape(v))
        out = np.empty(int(np.prod(shape)))
        for held, at_u, at_v in self._patches.by_tile(u, v):
            out[held] = heights_on(self._patches.asked, at_u, at_v)
        return out.reshape(shape)

    def normal(self, u: ArrayLike, v: ArrayLike) -> Array:
        """Return upward unit normals, site frame, at arcs u, v [m]: shape (..., 3).

        Parameters
        ----------
        u, v : array_like
            Arcs from the site along the flight and across it (up x along) [m], of one shape.

        Returns
        -------
        ndarray, (..., 3)
            Unit vectors.
        """
        shape = np.broadcast_shapes(np.shape(u), np.shape(v))
        out = np.empty((int(np.prod(shape)), 3))
        for held, at_u, at_v in self._patches.by_tile(u, v):
            part = np.empty((held.size, 3))
            p = np.ascontiguousarray(self.arcs.site(at_u, at_v, 0.0, self.radius_m))
            _ground.normals(self._patches.asked, p, part)
            out[held] = part
        return out.reshape(*shape, 3)

    def provenance(self, u: ArrayLike, v: ArrayLike) -> NDArray[np.uint8]:
        """Return what the heights at arcs u, v [m] are made of: flags of Provenance; 0 if flat.

        Parameters
        ----------
        u, v : array_like
            Arcs from the site along the flight and across it (up x along) [m], of one shape.

        Returns
        -------
        ndarray of uint8
            Flags of `Provenance`.
        """
        if self.flat:
            return np.zeros(np.broadcast_shapes(np.shape(u), np.shape(v)), dtype=np.uint8)
        return provenance_of(self._layers, u, v)

    # ---- what a landing needs to know ------------------------------------------------------

    def disc(self, x_m: float, y_m: float) -> Disc:
        """Return slope [deg] and roughness [m] of the 5 m footprint at a point of the site frame.

        True heights at 0.1 m spacing whose centres satisfy dx^2 + dy^2 <= 25^2 + 12.5 cells about
        the point (2009 of them): least-squares plane, and the largest residual from it.

        Parameters
        ----------
        x_m, y_m : float
            East and north of the site [m].

        Returns
        -------
        Disc
            Slope [deg] and roughness [m].
        """
        return self.disc_at(*self.arcs_of(x_m, y_m))

    def disc_at(self, u: ArrayLike, v: ArrayLike) -> Disc:
        """Return the same of the footprint at arcs u, v [m].

        Parameters
        ----------
        u, v : array_like
            Arcs from the site along the flight and across it (up x along) [m], of one shape.

        Returns
        -------
        Disc
            Slope [deg] and roughness [m].
        """
        offsets = disc_offsets()
        u_m, v_m = np.asarray(u, np.float64), np.asarray(v, np.float64)
        along, across, _ = self.arcs.axes
        aside, ahead = (deterministic.product(offsets, axis[:2]) for axis in (along, across))
        return fit_disc(offsets, self.height(u_m + aside, v_m + ahead))

    def safe_share(self, x_m: float, y_m: float, size_m: float = 50.0, step: int = 5) -> float:
        """Return the share of footprints in a square within the limits of slope and obstacle.

        Parameters
        ----------
        x_m, y_m : float
            Middle of the square [m], site frame. Its sides run along u and v.
        size_m : float
            Side [m] of the square of disc centres.
        step : int
            Every how many cells of 0.1 m a disc is tried, both ways.

        Returns
        -------
        float
            0 to 1.
        """
        u, v = self.arcs_of(x_m, y_m)
        return safe_share(
            self.patch(float(u), float(v), 0.5 * size_m + 2.6).heights, step, *self._limits
        )

    def craters(self, u: float, v: float, half_width_m: float) -> NDArray[np.void]:
        """List the synthetic craters centred in a square: u_m, v_m, diameter_m, depth_m.

        Parameters
        ----------
        u, v : float
            Arcs of the middle [m].
        half_width_m : float
            Half the side of the square [m].

        Returns
        -------
        structured ndarray, (n,)
            One row for each crater.
        """
        if self.flat:
            return np.empty(0, dtype=CRATER)
        return craters_in(self._layers.detail, u, v, half_width_m)

    def rocks(self, u: float, v: float, half_width_m: float) -> NDArray[np.void]:
        """List the synthetic rocks centred in a square: u_m, v_m, diameter_m, height_m.

        Parameters
        ----------
        u, v : float
            Arcs of the middle [m].
        half_width_m : float
            Half the side of the square [m].

        Returns
        -------
        structured ndarray, (n,)
            One row for each rock.
        """
        if self.flat:
            return np.empty(0, dtype=ROCK)
        return rocks_in(self._layers.detail, u, v, half_width_m)

    def measured_grid(self, cell_m: float) -> MeasuredGrid:
        """Average the measured corridor to a coarse posting, for a map made before the flight.

        Parameters
        ----------
        cell_m : float
            The posting wanted [m]; the nearest whole multiple of the corridor's is taken.

        Returns
        -------
        MeasuredGrid
            Without anything synthetic. On a flat ground zeros, 2 x 2 nodes over the corridor.
        """
        corridor = None if self.flat else self._layers.measured.corridor
        return measured_grid(corridor, self.arcs, self.radius_m, cell_m)
