"""Fly one landing from powered-descent initiation to rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from farside.avoidance import HazardAvoidance
from farside.ext.common._records import TICK_HZ
from farside.ext.common.threads import beside as thread_beside
from farside.ext.loop._flight import Event
from farside.flight.checks import warn_of, warn_of_idle
from farside.flight.eyes import Eyes
from farside.flight.imaging import Scanner
from farside.flight.inherited import warn_of_inherited
from farside.flight.inputs import Inputs
from farside.flight.landing import Landing
from farside.flight.outcome import conclude
from farside.flight.redesignation import Redesignations
from farside.flight.tasks import Task, turned_with
from farside.flight.wiring import Flight, wire
from farside.mission import FlightConfig, Mission, load_mission
from farside.mission.abort import with_abort
from farside.mission.as_flown import naive_options, with_logic
from farside.mission.faults import Fault, with_faults
from farside.mission.integers import seed_number, whole_number
from farside.raster import Dem

Progress = Callable[[str, float], None]

#: Ticks between reports of progress: 20 s of flight.
REPORT_EVERY = 2000
#: A flight that has not ended by then is cut off [ticks]: half an hour.
TICKS_MAX = 180_000


def land(
    mission: Mission | str | Path,
    *,
    seed: int = 0,
    run: int = 0,
    ground_run: int | None = None,
    inputs: Inputs | None = None,
    nominal: bool = False,
    dems: str | Path | Dem | Sequence[str | Path | Dem] = (),
    imaging: bool = True,
    cameras: bool = True,
    faults: Sequence[Fault | str] | None = (),
    abort_at_s: float | None = None,
    as_flown: bool | Sequence[str] = False,
    progress: Progress | None = None,
) -> Landing:
    """Fly a mission's landing and return how it ended.

    Parameters
    ----------
    mission : Mission, str or Path
        From `farside.mission.load_mission`, or what that takes: a shipped mission's name, or the
        path of a mission file.
    seed : int
        Draws the dispersions, the sensors' errors and the synthetic ground; the same seed gives the
        same flight to the bit on any x86-64 CPU (docs/decisions/022). From 0 on, of any integer
        type and length; below 2^64 it is the key of the streams, from there on hashed to one.
    run : int
        Of a campaign of this seed: with it, keys every random stream of the flight.
    ground_run : int, optional
        The run of this seed whose ground it flies over; its own if not given.
    inputs : Inputs, optional
        What is dispersed (`farside.flight.inputs`), of this mission; drawn from the streams of seed
        and run if not given. Not with `nominal`.
    nominal : bool
        Disperse nothing and measure perfectly; the ground is still that of the seed.
    dems : path or `farside.raster.Dem`, or a sequence of them
        Rasters laid over the whole-Moon DEM, in any lunar CRS; a Dem says what its file does not.
    imaging : bool
        False lands at the nominal site without lidar or map.
    cameras : bool
        False leaves out all that the mission's cameras are for: `[terrain_navigation]`,
        `[odometry]`. An image takes an eighth of a second to compute.
    faults : sequence of `farside.mission.faults.Fault` or str
        What fails, beside the mission's own faults (docs/faults.md): a line such as
        "velocimeter.beam1 zero from 700 s", or a Fault. One with a probability is drawn from a
        stream of the run; a nominal flight has only those that happen in each.
    abort_at_s : float, optional
        When an abort to orbit is commanded [s since initiation], in the stead of the mission's
        `abort.at_s`.
    as_flown : bool or sequence of str
        True flies a mission of `failures/` with the logic that failed; names are naive options
        for any mission (`farside.mission.naive`, docs/failures.md). The faults are the same.
    progress : callable, optional
        Called as progress(stage, done), done from 0 to 1.

    Returns
    -------
    Landing

    Warns
    -----
    MissionWarning
        What is odd about the mission, a line each; a fault or an abort whose time never came.

    Raises
    ------
    TypeError
        When the mission is none of these, a fault is neither a Fault nor a line, the abort's time
        is no number, or as_flown is neither a bool nor a list of names.
    MissionError
        When a name or a path is given and no mission can be read there, a fault cannot be read
        or can never happen in this mission, or there is no such naive option.
    ValueError
        When seed, run or inputs are none that can be flown.
    RasterError
        When a raster cannot be flown over.
    BrakingError
        When no flight reaches the mission's first gate.

    Examples
    --------
    >>> import farside
    >>> landing = farside.land("chang-e-6", seed=3, cameras=False)
    >>> landing.outcome, landing.safe
    ('landed', True)
    >>> f"{landing.touchdown.miss_m:.2f} m off the chosen site, {landing.propellant_kg:.0f} kg"
    '0.12 m off the chosen site, 1848 kg'

    A mission with another value, an engine of more specific impulse, which burns less:

    >>> mission = farside.load_mission("chang-e-6").replace("vehicle.engine.isp_s", 320.0)
    >>> better = farside.land(mission, seed=3, cameras=False)
    >>> better.propellant_kg < landing.propellant_kg
    True
    """
    if isinstance(mission, str | Path):
        name, mission = mission, load_mission(mission)
        warn_of_inherited(name, mission)
    if not isinstance(mission, Mission):
        raise TypeError(f"{mission!r} is no Mission: give farside.mission.load_mission(...)")
    options = naive_options(mission, as_flown)
    mission = with_faults(with_logic(mission, as_flown), faults)
    mission = with_abort(mission, abort_at_s)
    dems = (dems,) if isinstance(dems, str | Path | Dem) else tuple(dems)
    seed, run = seed_number(seed), whole_number("run", run, 0, 2**63 - 1)
    if ground_run is not None:
        ground_run = whole_number("ground_run", ground_run, 0, 2**63 - 1)
    tell = progress or _silent
    warn_of(mission, imaging and any(phase.scan for phase in mission.phases))
    tell("ground", 0.0)
    flight = wire(
        mission,
        seed=seed,
        run=run,
        inputs=inputs,
        nominal=nominal,
        dems=dems,
        imaging=imaging,
        ground_run=ground_run,
    )
    eyes = Eyes(flight) if cameras else None
    landing = replace(fly_to_end(flight, tell, eyes), naive=options)
    warn_of_idle(landing.faults, mission.abort.at_s if landing.abort is None else None)
    return landing


def _silent(stage: str, done: float) -> None:
    """Report no progress."""


def fly_to_end(flight: Flight, tell: Progress = _silent, eyes: Eyes | None = None) -> Landing:
    """Fly a wired flight until it ends, and return how it ended.

    Parameters
    ----------
    flight : Flight
        From `farside.flight.wiring.wire`.
    tell : callable, optional
        Called as tell(stage, done), done from 0 to 1.
    eyes : Eyes, optional
        Of the flight; without them its cameras take no image.

    Returns
    -------
    Landing
    """
    avoidance = HazardAvoidance(FlightConfig.of(flight.mission), rehearsed=False)
    with thread_beside() as begin:
        rehearsed = begin(avoidance.rehearse) if flight.imaging else None
        scanner = Scanner(flight, avoidance, rehearsed)
        fly(flight, scanner, tell, eyes)
    tell("report", 0.95)
    return conclude(flight, scanner, eyes)


def fly(
    flight: Flight,
    scanner: Scanner,
    tell: Progress = _silent,
    eyes: Eyes | None = None,
    *,
    beside: Sequence[Task] = (),
    until: int | None = None,
) -> None:
    """Turn the wheel until the flight ends, and do what it stops for.

    Parameters
    ----------
    flight, scanner, tell, eyes
        As of `fly_to_end`, with what scans.
    beside : sequence of Task
        What else is due at ticks of its own.
    until : int, optional
        A flight that has not ended at that tick (`TICKS_MAX` if not given) is left there, or where
        a scan that began before it has been decided on.
    """
    expected = TICK_HZ * 1.25 * flight.autopilot.plan.unknowns[5]
    if not flight.imaging:
        # The nominal site stands from the start: the hover ends as soon as it is reached.
        flight.autopilot.retarget((0.0, 0.0, 0.0))
    moves = Redesignations(flight) if flight.mission.redesignations else None
    others = (*((moves,) if moves else ()), *beside)
    last = TICKS_MAX if until is None else until
    while flight.loop.tick_count < last:
        began = flight.loop.tick_count
        tasks = [*(eyes.tasks if eyes else ()), *scanner.tasks, *others]
        event = turned_with(flight, tasks, min(REPORT_EVERY, last - began))
        if event == Event.EVENT_SCAN:
            scanner.scan()
        # A stop at which no tick is flown would come back for ever.
        if event == Event.EVENT_ENDED or flight.loop.tick_count == began:
            break
        tell(flight.autopilot.phase, min(0.9, 0.05 + 0.85 * flight.loop.tick_count / expected))
    if moves and last == TICKS_MAX:
        moves.warn_of_idle()
