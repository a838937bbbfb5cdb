"""The tables within `[guidance]`: the gains of the autopilot, each with its reason.

The defaults are what the shipped missions fly. guidance/table.py makes the autopilot's table of
them; ext/guidance/records/gains.pxd holds them in flight.
"""

from dataclasses import dataclass
from typing import Annotated

from farside.mission.bounds import Doc, Within
from farside.mission.reader import Table


@dataclass(frozen=True, kw_only=True)
class AttitudeGains(Table):
    """The attitude loop and the reference it follows."""

    frequency_radps: Annotated[
        float,
        Within(above=0.0, most=20.0),
        Doc(
            "natural frequency of the loop",
            "fast against the hover's 0.3, slow against the tick and the thrusters' pulse",
        ),
    ] = 2.0
    damping: Annotated[
        float,
        Within(above=0.0, most=5.0),
        Doc("damping ratio of the loop", "just below critical: short, with little overshoot"),
    ] = 0.9
    slew_torque_share: Annotated[
        float,
        Within(above=0.0, most=1.0),
        Doc("of the thrusters' torque, that a slew may plan with", "the rest holds the attitude"),
    ] = 0.75
    stop_share: Annotated[
        float,
        Within(above=0.0, most=1.0),
        Doc(
            "of the slew's acceleration, to stop with: rate <= sqrt(2 share a angle)",
            "a fifth is left for the end of the slew",
        ),
    ] = 0.8
    settle_per_s: Annotated[
        float,
        Within(above=0.0, most=50.0),
        Doc("slew rate over angle, near its end", "ends without a jerk within 1 s"),
    ] = 3.0
    heading_cos: Annotated[
        float,
        Within(least=0.0, most=1.0),
        Doc(
            "cosine of the thrust to the vertical: below it body x points down (Apollo, hold)",
            "45 degrees, where the heading is no longer along the thrust",
        ),
    ] = 0.7
    held_ticks: Annotated[
        int,
        Within(least=1, most=1000),
        Doc(
            "ticks of 10 ms, since the last one, over which a tick turns the reference",
            "ours: a host at 5 Hz loses nothing; bounds the work of a tick",
        ),
    ] = 20


@dataclass(frozen=True, kw_only=True)
class HoverGains(Table):
    """Hover and descent over the touchdown target, and when a hover is still enough to scan."""

    frequency_radps: Annotated[
        float,
        Within(above=0.0, most=5.0),
        Doc(
            "natural frequency of the place, critically damped", "a seventh of the attitude loop's"
        ),
    ] = 0.3
    brake_mps2: Annotated[
        float,
        Within(above=0.0, most=5.0),
        Doc("a sidestep slows down at this", "six tenths of what tilt_deg gives"),
    ] = 0.2
    tilt_deg: Annotated[
        float,
        Within(above=0.0, below=85.0),
        Doc(
            "the thrust axis stays within this of the vertical",
            "the slew can always follow, and the loop cannot wind up",
        ),
    ] = 12.0
    lag_s: Annotated[
        float,
        Within(least=0.0, most=10.0),
        Doc(
            "of the attitude behind a sudden change of some degrees",
            "set by the slew's acceleration; measured",
        ),
    ] = 1.2
    rate_ratio: Annotated[
        float,
        Within(above=0.0, most=20.0),
        Doc(
            "descent: extra gain of the rate over frequency_radps, on top of the hold's 2",
            "the rate twice as tight as a hold of a place",
        ),
    ] = 2.0
    scan_speed_mps: Annotated[
        float,
        Within(above=0.0, most=100.0),
        Doc("scan once slower than this", "0.3 m of blur in a second"),
    ] = 0.3
    scan_distance_m: Annotated[
        float,
        Within(above=0.0, most=1000.0),
        Doc("and nearer to the place than this", "small against the map"),
    ] = 2.0
    scan_cos_tilt: Annotated[
        float,
        Within(above=0.0, below=1.0),
        Doc("and the cosine of the tilt is above this", "2.6 degrees"),
    ] = 0.999
    scan_rate_radps: Annotated[
        float,
        Within(above=0.0, most=1.0),
        Doc("and turning slower than this", "a degree in a second"),
    ] = 0.02
    scan_least_s: Annotated[
        float,
        Within(least=0.0, most=60.0),
        Doc("no scan sooner after the target moved", "the tilt towards it has begun by then"),
    ] = 1.0
    scan_most_s: Annotated[
        float,
        Within(least=0.0, most=600.0),
        Doc("scan all the same after this long", "propellant runs out"),
    ] = 40.0


@dataclass(frozen=True, kw_only=True)
class PolynomialGains(Table):
    """The fractional polynomial: its time-to-go and its last seconds."""

    turn_time_s: Annotated[
        float,
        Within(above=0.0, most=120.0),
        Doc(
            "shortest time-to-go that horizontal guidance counts with",
            "several times what a tilt takes: the gains grow as 1 / t_go^2",
        ),
    ] = 10.0
    lag_s: Annotated[
        float,
        Within(least=0.0, most=10.0),
        Doc("of the attitude behind what changes slowly", "of the attitude loop; measured"),
    ] = 0.8
    shortest_s: Annotated[
        float,
        Within(above=0.0, most=10.0),
        Doc("least time-to-go that a law divides by, e_guidance's too", "five guidance ticks"),
    ] = 0.5
    first_thrust_share: Annotated[
        float,
        Within(above=0.0, most=1.0),
        Doc("the first command fits inside this share of full thrust", "a tenth for dispersions"),
    ] = 0.9
    first_tilt_share: Annotated[
        float,
        Within(above=0.0, most=1.0),
        Doc("and inside this share of the tangent of the tilt limit", "the tilt grows later on"),
    ] = 0.7
    first_stretch: Annotated[
        float,
        Within(above=1.0, most=2.0),
        Doc(
            "factor of a new try of the first time-to-go",
            "fine enough; 2.5 times the duration after all tries",
        ),
    ] = 1.05
    first_tries: Annotated[
        int,
        Within(least=0, most=100),
        Doc("tries of the first time-to-go", "bounds the work of a tick"),
    ] = 20
    thrust_share: Annotated[
        float,
        Within(above=0.0, most=1.0),
        Doc("of full thrust, that the flight ahead keeps to", "a twentieth for dispersions"),
    ] = 0.95
    stretch_step: Annotated[
        float,
        Within(above=0.0, most=1.0),
        Doc("of the time-to-go, from one try to the next, after a plan", "fine enough"),
    ] = 0.04
    stretch_tries: Annotated[
        int,
        Within(least=1, most=100),
        Doc("tries after a plan", "to twice the time; bounds the work of a tick"),
    ] = 26


@dataclass(frozen=True, kw_only=True)
class BrakingGains(Table):
    """Law braking: its three parts of constant thrust, and when it is solved anew."""

    opening_s: Annotated[
        float,
        Within(least=0.0, most=2000.0),
        Doc("length of the first part", "thrust kept back there costs least"),
    ] = 100.0
    closing_s: Annotated[
        float,
        Within(least=0.0, most=2000.0),
        Doc("length of the last part", "the velocimeter's first reports are flown out in it"),
    ] = 120.0
    opening_margins: Annotated[
        float,
        Within(least=0.0, most=20.0),
        Doc("thrust kept back in the first part, over thrust_margin", "costs least there"),
    ] = 4.0
    main_margins: Annotated[
        float, Within(least=0.0, most=20.0), Doc("the same in the main part", "costs most there")
    ] = 0.12
    closing_margins: Annotated[
        float,
        Within(least=0.0, most=20.0),
        Doc("the same in the last part", "called for when the velocimeter comes in"),
    ] = 0.8
    freeze_s: Annotated[
        float,
        Within(least=0.0, most=200.0),
        Doc(
            "a part keeps its level over its last seconds",
            "a short part would need an extreme level",
        ),
    ] = 15.0
    last_s: Annotated[
        float,
        Within(least=0.0, most=200.0),
        Doc(
            "no new solution when less is left",
            "after it a correction of the place turns the lander by tens of degrees: from 8 s on,"
            " by up to 50 deg with Chang'e 4",
        ),
    ] = 20.0
    converged_m: Annotated[
        float,
        Within(above=0.0, most=1e6),
        Doc(
            "a solution whose miss is below this counts",
            "Newton's next step then lands within metres",
        ),
    ] = 2000.0
    aimed_m: Annotated[
        float,
        Within(above=0.0, most=1e6),
        Doc(
            "a solution whose miss is below this moves the aim along the track",
            "small against a scan's map times ten: the next one corrects it",
        ),
    ] = 200.0
    given_share: Annotated[
        float,
        Within(least=0.0, most=1.0),
        Doc(
            "of the gate's range_m, given up before the aim moves",
            "the next row then begins nearer to its target: costs least, and keeps the site",
        ),
    ] = 0.75
    reaim_m: Annotated[
        float,
        Within(least=0.0, most=64000.0),
        Doc(
            "the target moves no further along the track, where full thrust cannot stop at the "
            "gate; 0: never, the lander flies back",
            "ours: a tenth less thrust takes 40 km",
        ),
    ] = 60000.0
    recovery_s: Annotated[
        float,
        Within(least=1.0, most=600.0),
        Doc(
            "law quadratic: throttled for so long at the row's end, else the target moves",
            "ours: ten passes; Apollo 11 had 120 s",
        ),
    ] = 20.0


@dataclass(frozen=True, kw_only=True)
class ThrustScaleGains(Table):
    """What the engine gives over what it was commanded, as measured in flight."""

    settle_lags: Annotated[
        float,
        Within(least=0.0, most=1000.0),
        Doc("lags of the engine after ignition before it is measured", "the transient is over"),
    ] = 10.0
    least_mps2: Annotated[
        float,
        Within(above=0.0, most=100.0),
        Doc("acceleration below which it is not", "the accelerometer's errors count too much"),
    ] = 0.2
    steady_share: Annotated[
        float,
        Within(above=0.0, most=10.0),
        Doc(
            "no measurement while the command is further off the thrust, as a share of it",
            "a throttle that moves lags by more than a first order",
        ),
    ] = 0.02
    out_share: Annotated[
        float,
        Within(least=0.0, below=1.0),
        Doc("below this share the engine is out and nothing is measured", "it may come back"),
    ] = 0.25
    gain_per_s: Annotated[
        float,
        Within(least=0.0, most=100.0),
        Doc("of the scale towards a measurement", "2 s average noise out"),
    ] = 0.5
    scale_least: Annotated[
        float,
        Within(above=0.0, most=1.0),
        Doc("lower limit of the scale", "an engine that has lost its nozzle gives 0.55 (SLIM)"),
    ] = 0.5
    scale_most: Annotated[
        float, Within(least=1.0, most=10.0), Doc("upper limit", "no engine gives more")
    ] = 1.1


@dataclass(frozen=True, kw_only=True)
class EstimateLimits(Table):
    """The estimates that are flown on: beyond a limit the last attitude and throttle are held.

    They are far outside of any descent: what passes them is a broken estimate.
    """

    radius_share_least: Annotated[
        float,
        Within(above=0.0, most=1.0),
        Doc(
            "of the site's distance from the Moon's centre: least distance of the lander",
            "ours: half of it, deep in the Moon",
        ),
    ] = 0.5
    radius_share_most: Annotated[
        float,
        Within(least=1.0, most=100.0),
        Doc("of the same: greatest distance", "ours: above every orbit that a descent begins from"),
    ] = 4.0
    speed_mps: Annotated[
        float,
        Within(above=0.0, most=1e6),
        Doc("greatest speed", "ours: four times the Moon's escape speed"),
    ] = 1e4
    rate_radps: Annotated[
        float,
        Within(above=0.0, most=1e3),
        Doc("greatest rate of turning", "ours: a hundred times a slew"),
    ] = 10.0
    quaternion_error: Annotated[
        float,
        Within(above=0.0, below=1.0),
        Doc("how far the attitude's length may be off 1", "ours: single precision has 1e-7"),
    ] = 0.1
    mass_share_least: Annotated[
        float,
        Within(above=0.0, most=1.0),
        Doc("of the dry mass: least mass", "ours: navigation keeps above half of it"),
    ] = 0.25
    mass_share_most: Annotated[
        float,
        Within(least=1.0, most=100.0),
        Doc("of the full mass: greatest mass", "ours: no gauging error is as large"),
    ] = 2.0
    accel_mps2: Annotated[
        float,
        Within(above=0.0, most=1e6),
        Doc("greatest specific force", "ours: a thousand g, above any touchdown"),
    ] = 1e4
