"""The navigator for other people's loops: measurements in, estimate out, 100 times a second."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common._records import MEASUREMENTS
from farside.ext.common.errors import FarsideError
from farside.ext.common.numbers import shaped
from farside.ext.navigation._codes import FixStatus, LeftOut, NavigationStatus, Trust
from farside.ext.navigation._guarded import (
    COMMAND_MOST,
    NAVIGATION_ESTIMATE,
    NavigationTable,
    NavigatorCore,
)
from farside.mission import FlightConfig, Mission, SiteFrame
from farside.mission.frames import arrival_axes
from farside.mission.gravity_table import descent_table
from farside.mission.moon_numbers import moon_numbers
from farside.navigation.estimate import initial_estimate, navigator_setup

#: Deviation of the ground from a level map where no map is given [m].
LEVEL_SIGMA_M = 150.0


class CoarseMap(Protocol):
    """A coarse map of the approach, such as `farside.terrain.OnboardMap`."""

    @property
    def heights(self) -> NDArray[np.float32]:
        """Heights above the site's radius [m], (rows, cols)."""

    @property
    def sigma(self) -> NDArray[np.float32]:
        """Deviation of the ground from those heights [m], (rows, cols)."""

    @property
    def u0_m(self) -> float:
        """Arc along the track of the first cell's centre [m]."""

    @property
    def v0_m(self) -> float:
        """Arc across the track of the first cell's centre [m]."""

    @property
    def cell_m(self) -> float:
        """Side of a cell [m]."""


def navigation_table(
    mission: FlightConfig | Mission,
    r_site: ArrayLike,
    *,
    radius_m: float | None = None,
    onboard_map: CoarseMap | None = None,
    map_radius_m: float | None = None,
) -> NavigationTable:
    """Return all of a navigator that does not change in flight.

    Parameters
    ----------
    mission : FlightConfig or Mission
        Its vehicle, sensors, `[navigation]` and `[health]`.
    r_site : (3,) array_like
        Where the descent begins [m, site]: the table of gravity reaches that far.
    radius_m : float, optional
        Radius of the site [m] that the site frame stands on; the mission's own by default.
    onboard_map : CoarseMap, optional
        Level ground that may be off by 150 m, where none is given.
    map_radius_m : float, optional
        Radius of the sphere [m] that the map's arcs are counted on; the mission's site by default.

    Returns
    -------
    NavigationTable

    Raises
    ------
    ValueError
        For numbers that no navigator can be flown with.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> from farside.navigation import Navigator, navigation_table
    >>> mission = load_mission("chang-e-6")
    >>> table = navigation_table(mission, (0.0, 0.0, 2000.0))
    >>> first = (0.0, 0.0, 2000.0), (0.0, 0.0, -30.0), (1.0, 0.0, 0.0, 0.0)
    >>> twins = [Navigator(mission, *first, table=table) for _ in range(2)]
    >>> [int(each.tick(0)["status"][0]) for each in twins]  # NAVIGATION_OK
    [0, 0]
    """
    config = FlightConfig.of(mission)
    site = config.site
    radius_m = site.radius_m if radius_m is None else radius_m
    frame = SiteFrame(site.latitude_deg, site.longitude_deg, radius_m)
    along, across = arrival_axes(config.orbit.arrival_azimuth_deg)
    place: dict[str, Any] = {
        "radius_m": site.radius_m if map_radius_m is None else map_radius_m,
        "along_site": along,
        "across_site": across,
    }
    if onboard_map is None:
        place |= {"u0_m": 0.0, "v0_m": 0.0, "cell_m": 1.0}
        place["heights_m"] = np.zeros((1, 1), np.float32)
        place["sigma_m"] = np.full((1, 1), LEVEL_SIGMA_M, np.float32)
    else:
        place |= {name: getattr(onboard_map, name) for name in ("u0_m", "v0_m", "cell_m")}
        place["heights_m"] = np.ascontiguousarray(onboard_map.heights, np.float32)
        place["sigma_m"] = np.ascontiguousarray(onboard_map.sigma, np.float32)
    start = shaped("r_site", r_site, 3)
    if not np.isfinite(start).all():
        raise FarsideError(f"r_site {start.tolist()}: give three finite numbers")
    field = descent_table(site, config.orbit, start, radius_m, config.navigation.gravity_degree)
    setup = navigator_setup(config)
    if onboard_map is None:
        setup["site_sigma_m"] = LEVEL_SIGMA_M
    return NavigationTable(setup, moon_numbers(frame), place, field)


class Navigator:
    """Estimate a lander's state from its sensors: the filter of a farside flight, for any loop.

    One navigator belongs to one thread. A tick is one C call: it allocates nothing, takes any
    numbers, and its estimate is finite. What cannot have been measured is left out and said so.

    Parameters
    ----------
    mission : FlightConfig or Mission
        Its vehicle, what is specified of its sensors, `[navigation]` and `[health]`.
    r_site, v_site : (3,) array_like
        Position [m] and velocity over the turning Moon [m/s] as known at tick 0, site frame.
    q_site_body : (4,) array_like
        Attitude then, scalar first.
    omega_body : (3,) array_like
        Rate against inertial space [rad/s].
    mass_kg : float, optional
        Mass then; the mission's at the start of its descent by default.
    table : NavigationTable, optional
        From `navigation_table`, which several navigators may share: with a map, or another radius
        of the site. By default that of the mission over level ground.
    covariance : (42, 42) array_like, optional
        P of the first estimate, states as in `PLACES`; by default what the mission says of how
        well the first state is known.

    Attributes
    ----------
    measured : structured array (1,), dtype `MEASUREMENTS`
        Fill it before each tick: ext/common/measurements.pxd says what each member is.
    estimate : structured array (1,), dtype `NAVIGATION_ESTIMATE`
        Holds the estimate after it: ext/navigation/records.pxd.

    Raises
    ------
    ValueError
        For numbers that no navigator can be flown with.

    References
    ----------
    .. [1] Bierman, *Factorization Methods for Discrete Sequential Estimation*, 1977.

    Examples
    --------
    A lander in free fall, whose altimeter looks straight down:

    >>> from farside.navigation import Navigator
    >>> from farside.mission import load_mission
    >>> navigator = Navigator(
    ...     load_mission("chang-e-6"), (0.0, 0.0, 2000.0), (0.0, 0.0, -30.0), (1.0, 0.0, 0.0, 0.0)
    ... )
    >>> for tick in range(100):
    ...     navigator.measured["range_valid"] = tick % 10 == 0
    ...     navigator.measured["range_tick"] = tick
    ...     navigator.measured["range_m"] = 2000.0 - 0.3 * tick - 0.81 * (tick / 100.0) ** 2
    ...     navigator.measured["range_direction"] = 0.0, 0.0, -1.0
    ...     estimate = navigator.tick(tick)[0]
    >>> bool(abs(estimate["v_site"][2] + 31.6) < 0.1), navigator.trust[1].name
    (True, 'TRUST_BELIEVED')
    """

    def __init__(
        self,
        mission: FlightConfig | Mission,
        r_site: ArrayLike,
        v_site: ArrayLike,
        q_site_body: ArrayLike,
        *,
        omega_body: ArrayLike = (0.0, 0.0, 0.0),
        mass_kg: float | None = None,
        table: NavigationTable | None = None,
        covariance: ArrayLike | None = None,
    ) -> None:
        config = FlightConfig.of(mission)
        state = [
            shaped(name, value, size)
            for name, value, size in (
                ("r_site", r_site, 3),
                ("v_site", v_site, 3),
                ("q_site_body", q_site_body, 4),
                ("omega_body", omega_body, 3),
            )
        ]
        first = initial_estimate(config, *state)
        if mass_kg is not None:
            first["mass_kg"] = mass_kg
        if covariance is not None:
            first["P"] = shaped("covariance", covariance, *np.shape(first["P"])).tolist()
        self._fly(navigation_table(config, state[0]) if table is None else table, first)

    @classmethod
    def of(cls, table: NavigationTable, initial: dict[str, Any]) -> Navigator:
        """Return a navigator of a table, which several may share.

        Parameters
        ----------
        table : NavigationTable
        initial : dict
            As from `initial_estimate`.

        Examples
        --------
        >>> import numpy as np
        >>> from farside.mission import FlightConfig, load_mission
        >>> from farside.navigation import Navigator, initial_estimate, navigation_table
        >>> aboard = FlightConfig.of(load_mission("chang-e-6"))
        >>> place, still = np.array([0.0, 0.0, 2000.0]), np.zeros(3)
        >>> upright = np.array([1.0, 0.0, 0.0, 0.0])
        >>> table = navigation_table(aboard, place)
        >>> navigator = Navigator.of(table, initial_estimate(aboard, place, still, upright, still))
        >>> navigator.tick(0)["r_site"].tolist()
        [[0.0, 0.0, 2000.0]]
        """
        navigator = cls.__new__(cls)
        navigator._fly(table, initial)
        return navigator

    def _fly(self, table: NavigationTable, initial: dict[str, Any]) -> None:
        self.core = NavigatorCore(table, initial)
        self.measured: NDArray[np.void] = np.zeros(1, MEASUREMENTS)
        self.estimate: NDArray[np.void] = np.zeros(1, NAVIGATION_ESTIMATE)
        self.core.estimate(self.estimate)

    def tick(self, k: int) -> NDArray[np.void]:
        """Take in `measured` of tick k, and return the estimate.

        Parameters
        ----------
        k : int
            Ticks of 10 ms, from 0 on. At tick 0 the first estimate holds. Each comes after the one
            before; up to 100 on end may be missed: then the last increments are held and the
            covariance grows. A measurement of an earlier tick carries that tick as its time tag: up
            to 0.63 s late, or any time after `keep_pose`.

        Returns
        -------
        structured array (1,), dtype `NAVIGATION_ESTIMATE`
            The same each time. Its `status` is a `NavigationStatus`, `left_out` bits of `LeftOut`.

        Raises
        ------
        ValueError
            For a tick that does not come after the last, or comes too long after it.
        """
        status = self.core.navigate(k, self.measured, self.estimate)
        if status == NavigationStatus.NAVIGATION_BAD_TICK:
            raise FarsideError(
                f"tick {k} after tick {self.core.tick}: ticks of 10 ms go up from 0, at most 100 "
                "may be missed on end"
            )
        return self.estimate

    def command(self, thrust_n: float, torque_nm: ArrayLike | None = None) -> None:
        """Take what engine and thrusters were told for the tick that is measured next.

        It holds for 1 s, or until the next call; tell 0 while the engine is off. Accelerometers are
        then held to the thrust and gyros to the torque: without it one that reads zeros, stands
        still or turns the wrong way is believed. NaN, and no torque, are not told. While a unit is
        refused the model that stands in for it goes on with what was told last.

        Parameters
        ----------
        thrust_n : float
            Of the engine [N].
        torque_nm : (3,) array_like, optional
            Of the thrusters [N m, body]; it counts together with a thrust alone.

        Raises
        ------
        ValueError
            For a number that no engine is told; it counts as not told.

        Examples
        --------
        Luna-25's accelerometers were not switched on, and read zeros. Its engine burns:

        >>> from farside.mission import load_mission
        >>> from farside.navigation import Navigator
        >>> first = (0.0, 0.0, 2000.0), (0.0, 0.0, -30.0), (1.0, 0.0, 0.0, 0.0)
        >>> navigators = [Navigator(load_mission("chang-e-6"), *first) for _ in range(2)]
        >>> thrust_n = float(navigators[0].estimate["mass_kg"][0]) * 1.6241  # holds its weight
        >>> for tick in range(1000):
        ...     navigators[1].command(thrust_n, (0.0, 0.0, 0.0))
        ...     for navigator in navigators:
        ...         estimate = navigator.tick(tick)
        >>> [navigator.trust[6].name for navigator in navigators]
        ['TRUST_BELIEVED', 'TRUST_ZERO']
        >>> [round(float(navigator.estimate["v_site"][0, 2]), 1) for navigator in navigators]
        [-46.3, -30.0]
        """
        thrust = float(thrust_n)
        torque = shaped("torque_nm", (np.nan,) * 3 if torque_nm is None else torque_nm, 3)
        self.core.command(thrust, torque)
        if thrust < 0.0 or (np.abs((thrust, *torque)) > COMMAND_MOST).any():  # NaN is neither
            told = f"{thrust:g} N, {torque.tolist()} N m: "
            raise FarsideError(told + "give finite numbers, thrust of 0 or more, NaN for none")

    @property
    def left_out(self) -> list[LeftOut]:
        """What was left out at the last tick, since it cannot have been measured."""
        bits = int(self.estimate["left_out"][0])
        return [bit for bit in LeftOut if bits & bit]

    @property
    def trust(self) -> list[Trust]:
        """What is believed of star tracker, altimeter, three beams, touchdown sensor and IMU."""
        return self.core.trust

    @property
    def covariance(self) -> NDArray[np.float64]:
        """P of the states in use, (n, n): 42 by `PLACES`, 12 of cameras, and 6 for each clone.

        Those of cameras, from `image_map` on, stand there once an image was given.
        """
        return self.core.covariance

    def keep_pose(self) -> None:
        """Keep the pose of the last tick, for a measurement of it that comes late.

        Raises
        ------
        ValueError
            Where no clone is free.
        """
        if self.core.keep_pose() != NavigationStatus.NAVIGATION_OK:
            raise FarsideError("no pose to keep, or no clone is free: forget one first")

    def forget_pose(self, tick: int) -> None:
        """Free the clone of a tick: its measurement has come, or comes no more.

        Parameters
        ----------
        tick : int

        Raises
        ------
        ValueError
            Where no pose of this tick is kept.

        Examples
        --------
        >>> from farside.mission import load_mission
        >>> from farside.navigation import Navigator
        >>> first = (0.0, 0.0, 2000.0), (0.0, 0.0, -30.0), (1.0, 0.0, 0.0, 0.0)
        >>> navigator = Navigator(load_mission("chang-e-6"), *first)
        >>> estimate = navigator.tick(0)
        >>> navigator.keep_pose()  # six more states
        >>> navigator.covariance.shape
        (48, 48)
        >>> navigator.forget_pose(0)
        >>> navigator.covariance.shape
        (42, 42)
        """
        if self.core.forget_pose(tick) != NavigationStatus.NAVIGATION_OK:
            raise FarsideError(f"no pose of tick {tick} is kept")

    def tie_map(self) -> None:
        """Make a map with the estimate of the last tick: places count against it from the next on.

        Raises
        ------
        ValueError
            Before the first tick.
        """
        if self.core.tie_map() != NavigationStatus.NAVIGATION_OK:
            raise FarsideError("no estimate to make a map with")

    def tie_to_kept(self, tick: int, variance_m2: float = 0.0) -> None:
        """Count places on the map that was made at a kept pose, whose clone is then free.

        Parameters
        ----------
        tick : int
            Of the pose.
        variance_m2 : float, optional
            Of the map's places, each way, beyond that of where it was made [m^2].

        Raises
        ------
        ValueError
            Where no pose of this tick is kept, or for a variance that cannot be.

        Examples
        --------
        >>> from farside.mission import load_mission
        >>> from farside.navigation import Navigator
        >>> first = (0.0, 0.0, 100.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)
        >>> navigator = Navigator(load_mission("chang-e-6"), *first)
        >>> estimate = navigator.tick(0)
        >>> navigator.keep_pose()  # while a lidar looks at the ground
        >>> for tick in range(1, 51):
        ...     estimate = navigator.tick(tick)
        >>> navigator.tie_to_kept(0, variance_m2=0.01)  # its map is made
        >>> estimate = navigator.tick(51)[0]
        >>> of_site, of_map = estimate["position_sigma_m"][0], estimate["place_sigma_m"][0]
        >>> f"{of_site:.0f} m of the site, {of_map:.2f} m of the map"
        '100 m of the site, 0.15 m of the map'
        """
        if self.core.tie_to_kept(tick, variance_m2) != NavigationStatus.NAVIGATION_OK:
            raise FarsideError(f"no pose of tick {tick} is kept, or {variance_m2} is no variance")

    def take_fix(self, fix: NDArray[np.void]) -> FixStatus:
        """Take a place on the map in use, found by laying what is seen onto it.

        Parameters
        ----------
        fix : structured array (1,), dtype `MAP_FIX`
            As from `map_fix`: of a tick up to 0.63 s ago, or of a pose that is kept.

        Returns
        -------
        FixStatus
            What became of it; the estimate of the next tick has it. Only one that was taken has
            changed anything.

        Examples
        --------
        >>> from farside.mission import load_mission
        >>> from farside.navigation import Navigator, map_fix
        >>> first = (0.0, 0.0, 100.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)
        >>> navigator = Navigator(load_mission("chang-e-6"), *first)
        >>> estimate = navigator.tick(0)
        >>> navigator.tie_map()
        >>> for tick in range(1, 501):  # 5 s without a measurement
        ...     estimate = navigator.tick(tick)
        >>> near = map_fix(500, (0.5, 0.0), axis=(1.0, 0.0), variance_m2=(0.01, 0.01), gate=15.1)
        >>> navigator.take_fix(near).name
        'FIX_TAKEN'
        >>> far = map_fix(500, (90.0, 0.0), axis=(1.0, 0.0), variance_m2=(0.01, 0.01), gate=15.1)
        >>> navigator.take_fix(far).name
        'FIX_OUTSIDE'
        """
        return FixStatus(self.core.take_fix(fix))

    def take_place(self, fix: NDArray[np.void]) -> FixStatus:
        """Take a place on the onboard image map that was found without an image.

        Parameters
        ----------
        fix : structured array (1,), dtype `PLACE_FIX`
            As from `place_fix` or `ProfileFix.record`; its tick as of `take_fix`.

        Returns
        -------
        FixStatus

        Examples
        --------
        >>> from farside.mission import load_mission
        >>> from farside.navigation import Navigator, place_fix
        >>> first = (0.0, 0.0, 2000.0), (0.0, 0.0, -30.0), (1.0, 0.0, 0.0, 0.0)
        >>> navigator = Navigator(load_mission("chang-e-6"), *first)
        >>> estimate = navigator.tick(0)
        >>> navigator.take_place(place_fix(0, (50.0, 0.0), (1.0, 0.0), (100.0, 400.0))).name
        'FIX_TAKEN'

        Known to 100 m before; now to 10 and 20 m on the map, which stands to 20 m itself:

        >>> estimate = navigator.tick(1)[0]
        >>> f"{estimate['filter_r_site'][0]:.0f} m", estimate["position_sigma_m"].round().tolist()
        ('48 m', [22.0, 27.0, 100.0])
        """
        return FixStatus(self.core.take_place(fix))

    def take_landmarks(self, tick: int, matches: NDArray[np.void], camera: int = 0) -> FixStatus:
        """Take the places of the onboard image map that were found in an image.

        Parameters
        ----------
        tick : int
            At which the image was taken: up to 0.63 s ago, or of a pose that is kept.
        matches : structured array (n,), dtype `LANDMARK`
            As from `landmarks`, 512 at most.
        camera : int, optional
            Which of the mission's cameras: 0 or 1.

        Returns
        -------
        FixStatus
            What became of all of them together; ext/navigation/image_fix.pxd has how they are
            believed. `estimate` of the next tick says it too.

        Examples
        --------
        >>> import numpy as np
        >>> from farside.mission import load_mission
        >>> from farside.mission.camera import camera_axes
        >>> from farside.navigation import Navigator, landmarks
        >>> mission = load_mission("chang-e-6")
        >>> first = (0.0, 0.0, 2000.0), (0.0, 0.0, -30.0), (1.0, 0.0, 0.0, 0.0)
        >>> navigator = Navigator(mission, *first)
        >>> estimate = navigator.tick(0)
        >>> camera = mission.sensors.camera[1]  # looks straight down
        >>> lens = np.array([30.6, 0.6, 1998.6])  # the lander is 30 m east of where it thinks
        >>> east, north = np.meshgrid([-300.0, 0.0, 300.0], [-300.0, 0.0, 300.0])
        >>> places = np.stack([east, north, 0.0 * east], -1).reshape(-1, 3)
        >>> pixels = camera.pinhole.project((places - lens) @ camera_axes(camera).T)
        >>> navigator.take_landmarks(0, landmarks(places, pixels, variance_px2=0.25), camera=1).name
        'FIX_TAKEN'
        >>> f"{navigator.tick(1)['filter_r_site'][0, 0]:.0f} m"
        '29 m'
        """
        return FixStatus(self.core.take_landmarks(camera, tick, matches))

    def take_motion(
        self, ticks: tuple[int, int], pairs: NDArray[np.void], camera: int = 0
    ) -> FixStatus:
        """Take ground that was seen in two images: the way flown between them.

        Parameters
        ----------
        ticks : (int, int)
            At which the images were taken, the earlier first; each as of `take_landmarks`.
        pairs : structured array (n,), dtype `MOTION_PAIR`
            As from `motion_pairs`, 512 at most.
        camera : int, optional
            Which of the mission's cameras: 0 or 1.

        Returns
        -------
        FixStatus

        Examples
        --------
        >>> import numpy as np
        >>> from farside.mission import load_mission
        >>> from farside.mission.camera import camera_axes
        >>> from farside.navigation import Navigator, motion_pairs
        >>> mission = load_mission("chang-e-6")
        >>> first = (0.0, 0.0, 2000.0), (0.0, 0.0, -30.0), (1.0, 0.0, 0.0, 0.0)
        >>> navigator = Navigator(mission, *first)
        >>> for tick in range(51):
        ...     estimate = navigator.tick(tick)  # falls freely
        >>> camera = mission.sensors.camera[1]  # looks straight down
        >>> east, north = np.meshgrid([-300.0, 0.0, 300.0], [-300.0, 0.0, 300.0])
        >>> places = np.stack([east, north, 0.0 * east], -1).reshape(-1, 3)
        >>> pixels = [
        ...     camera.pinhole.project((places - lens) @ camera_axes(camera).T)
        ...     for lens in ([0.6, 0.6, 1998.6], [0.6, 0.6, 1983.4])  # 15.2 m of fall
        ... ]
        >>> pairs = motion_pairs(*pixels, variance_px2=0.01)
        >>> navigator.take_motion((0, 50), pairs, camera=1).name
        'FIX_TAKEN'
        """
        return FixStatus(self.core.take_motion(camera, ticks, pairs))
