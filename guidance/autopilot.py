"""The autopilot: the one object that an integrator holds."""

from __future__ import annotations

import math
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

import farside.ext.guidance.autopilot._codes as codes
from farside.ext.common.errors import FarsideError
from farside.ext.common.numbers import numbers
from farside.ext.guidance.autopilot._autopilot import AutopilotCore
from farside.guidance.braking import BrakingPlan, plan_descent
from farside.guidance.records import COMMAND, ESTIMATE, records_text
from farside.guidance.table import autopilot_table, phase_row
from farside.mission import FlightConfig, Mission
from farside.mission.frames import SiteFrame
from farside.mission.moon import MEAN_RADIUS_M
from farside.mission.phases import flown_phases

#: Nodes of the profile that `Autopilot.load_track` takes.
TRACK_NODES = int(codes.Sizes.TRACK_NODES)
#: No place of the Moon is farther from a site along an axis [m].
FARTHEST_M = 2.0 * MEAN_RADIUS_M


class Status(IntEnum):
    """The status of a tick."""

    OK = codes.Status.STATUS_OK
    LIMITED = codes.Status.STATUS_LIMITED  # the law asked for more than engine or tilt cone give
    NO_SOLUTION = codes.Status.STATUS_NO_SOLUTION  # braking keeps its last solution
    BAD_INPUT = codes.Status.STATUS_BAD_INPUT  # the last valid attitude and throttle are held
    COMPLETE = codes.Status.STATUS_COMPLETE  # the last phase is over


class GuidanceMode(IntEnum):
    """What flies a row of law optimal; the field `link` of a command."""

    NONE = codes.GuidanceMode.MODE_NONE  # the phase's law has one mode only
    OPTIMAL = codes.GuidanceMode.MODE_OPTIMAL
    CONSTRAINED = codes.GuidanceMode.MODE_CONSTRAINED  # the same within glide slope and tilt
    POLYNOMIAL = codes.GuidanceMode.MODE_POLYNOMIAL
    LEVEL = codes.GuidanceMode.MODE_LEVEL  # brake, as close to the vertical as that allows


class Reason(IntEnum):
    """Why not the mode before."""

    NONE = codes.Reason.REASON_NONE
    NEAR_END = codes.Reason.REASON_NEAR_END  # what is left is short: time-to-go would divide
    NOT_FOUND = codes.Reason.REASON_NOT_FOUND  # no certified optimal descent
    LOW = codes.Reason.REASON_LOW  # it would sink below the gate's level, or below the glide slope
    TILTED = codes.Reason.REASON_TILTED  # its thrust would lean further than it may
    TURNING = codes.Reason.REASON_TURNING  # its thrust would turn faster than the lander does
    NO_PLAN = codes.Reason.REASON_NO_PLAN  # no descent was planned in time
    MISSES = codes.Reason.REASON_MISSES  # out of reach: the plan ends as near as it can
    NO_ROOM = codes.Reason.REASON_NO_ROOM  # no polynomial can stop above the ground all along
    UNSURE = codes.Reason.REASON_UNSURE  # the ground's height is known too badly for a plan


class AbortCause(IntEnum):
    """Why a descent was left."""

    NONE = codes.AbortCause.CAUSE_NONE
    COMMAND = codes.AbortCause.CAUSE_COMMAND
    ENGINE = codes.AbortCause.CAUSE_ENGINE
    PROPELLANT = codes.AbortCause.CAUSE_PROPELLANT
    FALL = codes.AbortCause.CAUSE_FALL


class AbortStep(IntEnum):
    """Where an abort is."""

    NONE = codes.AbortStep.STEP_NONE
    TURN = codes.AbortStep.STEP_TURN  # to the direction in which the descent engine is lit
    BURN = codes.AbortStep.STEP_BURN  # descent stage
    PARTED = codes.AbortStep.STEP_PARTED  # the ascent stage flies without thrust
    ASCEND = codes.AbortStep.STEP_ASCEND  # and with it
    DONE = codes.AbortStep.STEP_DONE  # the engine has stopped for good


class Autopilot:
    """Fly a mission's phase table: `tick` at 100 Hz, `retarget` when a site is chosen.

    One autopilot belongs to one thread. A tick is one C call: it allocates nothing, and its outputs
    are finite and inside the limits for any estimate. Optimal descents are not solved in it: it
    asks for them, and flies what it has until a later tick finds the answer.

    `copy.deepcopy` and pickle keep the whole state, in flight too: a copy goes on with the bits of
    the original. A pickle holds table and state as plain bytes, checked for size, version and
    checksum; one of another version of farside is refused with a ValueError.

    Parameters
    ----------
    mission : FlightConfig or Mission
        What flies: vehicle, phase table and gains. Of a mission only its `FlightConfig` is kept.
    radius_m : float, optional
        Radius of the site [m] that the site frame stands on; the mission's own by default.

    Attributes
    ----------
    estimate : structured array (1,), dtype `ESTIMATE`
        Fill it before each tick.
    command : structured array (1,), dtype `COMMAND`
        Holds the command after it.

    Raises
    ------
    BrakingError
        When no braking flight reaches the mission's first gate.

    Examples
    --------
    >>> import math
    >>> from farside.guidance import Autopilot, Status
    >>> from farside.mission import load_mission
    >>> autopilot = Autopilot(load_mission("chang-e-6"))
    >>> autopilot.retarget((0.0, 0.0, 0.0))
    >>> autopilot.estimate["r_site"] = autopilot.plan.r_site
    >>> autopilot.estimate["v_site"] = autopilot.plan.v_site
    >>> autopilot.estimate["q_site_body"] = 1.0, 0.0, 0.0, 0.0
    >>> autopilot.estimate["mass_kg"] = 3780.0
    >>> autopilot.estimate["height_m"] = math.nan
    >>> command = autopilot.tick(0)[0]
    >>> bool(command["status"] == Status.OK), autopilot.phase
    (True, 'braking')
    """

    def __init__(self, mission: FlightConfig | Mission, radius_m: float | None = None) -> None:
        config = FlightConfig.of(mission)
        site = config.site
        if radius_m is None:
            radius_m = site.radius_m
        frame = SiteFrame(site.latitude_deg, site.longitude_deg, radius_m)
        self.plan: BrakingPlan = plan_descent(config, frame)
        self.core = AutopilotCore(
            autopilot_table(config, frame, self.plan),
            [
                phase_row(p, config.guidance.tilt_limit_deg, config.orbit.arrival_azimuth_deg)
                for p in config.phases
            ],
        )
        self.names = tuple(phase.name for phase in flown_phases(config.phases))
        self.estimate: NDArray[np.void] = np.zeros(1, ESTIMATE)
        self.command: NDArray[np.void] = np.zeros(1, COMMAND)

    def load_track(self, step_m: float, heights_m: ArrayLike) -> None:
        """Load the ground along the track beyond the site, before the first tick.

        Where thrust is too weak to stop at the site, the touchdown target moves along the track,
        and to the level that the ground has there. Without a profile the ground counts as level.

        Parameters
        ----------
        step_m : float
            Arc between two nodes [m], at the site's radius, along `orbit.arrival_azimuth_deg`.
        heights_m : array_like, shape (TRACK_NODES,)
            Heights over the site's radius [m]: the first at the site, held behind the last.

        Raises
        ------
        ValueError
            When a number is no height, or there are too few or too many.

        Examples
        --------
        >>> import numpy as np
        >>> from farside.guidance import Autopilot
        >>> from farside.guidance.autopilot import TRACK_NODES
        >>> from farside.mission import load_mission
        >>> autopilot = Autopilot(load_mission("chang-e-6"))
        >>> autopilot.load_track(500.0, 0.02 * 500.0 * np.arange(TRACK_NODES))  # climbs by 2 %
        >>> autopilot.load_track(500.0, np.zeros(3))
        Traceback (most recent call last):
            ...
        ValueError: ...
        """
        self.core.load_track(step_m, numbers(heights_m, "heights of a track"))

    def tick(self, k: int, *, plan: bool = True) -> NDArray[np.void]:
        """Return the command that acts over [k, k + 1) from `estimate` at k.

        Parameters
        ----------
        k : int
            Ticks of 10 ms since powered-descent initiation, of any integer type. Each comes after
            the one before. Ticks may be missed, where a host is slower or loses some: their command
            was held, clocks and filters count the time that has passed, and guidance runs at the
            first tick after the one it missed. Tried to 10 Hz (every tenth tick).
        plan : bool
            Whether a descent that it asks for is planned before this returns, tens of microseconds
            once a second. With False, call `make_plan` between ticks instead.

        Returns
        -------
        structured array (1,), dtype `COMMAND`
            The same array each time.

        Raises
        ------
        ValueError
            For a tick that does not come after the last, or comes more than a minute after it:
            `begin` starts anew.
        TypeError
            For one that is no whole number.
        """
        self.core.tick(k, self.estimate, self.command, plan)
        return self.command

    def make_plan(self) -> bool:
        """Plan the descent that a tick has asked for, where that is not done yet.

        The next guidance tick adopts it, if it comes within a second. Where it is
        never called, the laws that need no plan land the vehicle.

        Returns
        -------
        bool
            Whether there was anything to plan.
        """
        return bool(self.core.make_plan())

    @property
    def wants_plan(self) -> bool:
        """Whether a tick has asked for a descent that is not planned yet."""
        return bool(self.core.wants_plan)

    def begin(self, phase: str) -> None:
        """Start anew with a phase of the table: a simulator may begin, say, at the approach.

        Parameters
        ----------
        phase : str
            Name of a row of the mission's phase table.

        Raises
        ------
        ValueError
            If the mission has no phase of that name.

        Examples
        --------
        >>> from farside.guidance import Autopilot
        >>> from farside.mission import load_mission
        >>> autopilot = Autopilot(load_mission("chang-e-6"))
        >>> autopilot.begin("approach")
        >>> autopilot.phase
        'approach'
        """
        names = self.names[:-2]
        if phase not in names:
            raise FarsideError(f"no phase {phase!r}: choose one of {', '.join(names)}")
        self.core.begin(self.names.index(phase))

    def abort(self) -> None:
        """Leave the descent for a safe orbit, as soon as the planning finds a way there.

        The phase is then `abort`. A command whose `stage` is 1 parts the ascent stage: the host
        drops what is left of the descent stage, and gives mass and thrust of the ascent stage
        from then on. Without a way the descent goes on, and it is looked for each second.
        """
        self.core.abort()

    def retarget(
        self,
        site: tuple[float, float, float],
        *,
        heading_rad: float | None = None,
        final: bool = True,
    ) -> None:
        """Move the touchdown target, from the next tick on.

        Parameters
        ----------
        site : three floats
            The ground where the base shall stand [m, site frame, as the estimate sees it].
        heading_rad : float, optional
            Azimuth of body x when upright, east of north [rad]; as it is where not given.
        final : bool
            A final site lets the hover end; another only moves the hover over it.

        Raises
        ------
        FarsideError
            If it is not three finite coordinates, one is farther away than any place of the Moon,
            or the heading is not finite.
        """
        place = numbers(site, "a site")
        if place.shape != (3,) or not np.all(np.isfinite(place)):
            raise FarsideError(f"a site needs three finite coordinates, not {str(site)[:80]}")
        if not np.all(np.abs(place) <= FARTHEST_M):
            raise FarsideError(f"a site at {place.tolist()} m: give metres in the site frame")
        if heading_rad is None:
            heading_rad = math.nan
        elif not math.isfinite(heading_rad):
            raise FarsideError(f"a heading needs a finite angle, not {heading_rad}")
        east, north, up = place.tolist()
        self.core.retarget(east, north, up, bool(final), heading_rad)

    @property
    def phase(self) -> str:
        """The name of the phase that is flown."""
        return self.names[self.core.phase]

    @property
    def wants_scan(self) -> bool:
        """Whether the hover is still and a map is wanted."""
        return bool(self.core.wants_scan)


# What `help(Autopilot)` says of the two arrays, from their one table.
Autopilot.__doc__ = f"{(Autopilot.__doc__ or '').rstrip()}\n\n{records_text('    ')}    "
