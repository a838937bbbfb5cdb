"""The tables within `[guidance]`: the gains of planned descents and of the brake behind them.

The defaults are what the shipped missions fly. guidance/table.py makes the autopilot's table of
them; ext/guidance/records/gains.pxd holds them in flight.
"""

from dataclasses import dataclass
from typing import Annotated

from farside.mission.bounds import Doc, Within
from farside.mission.reader import Table


@dataclass(frozen=True, kw_only=True)
class PlanGains(Table):
    """Planned descents of law optimal: requests, limits, and what an answer may cost."""

    margin: Annotated[
        float,
        Within(least=0.0, below=1.0),
        Doc("of full thrust, kept back", "for dispersions of thrust and mass"),
    ] = 0.1
    handover_s: Annotated[
        float,
        Within(least=0.0, most=600.0),
        Doc(
            "time-to-go at which a plan hands over to the polynomial", "a plan does not end upright"
        ),
    ] = 16.0
    glide_deg: Annotated[
        float,
        Within(least=0.0, below=85.0),
        Doc("a plan stays above this angle over its target", "clear of crater rims"),
    ] = 10.0
    end_tilt_deg: Annotated[
        float,
        Within(above=0.0, below=90.0),
        Doc(
            "a constrained plan's thrust leans no further at its end",
            "near to what the polynomial begins with",
        ),
    ] = 15.0
    newton_steps: Annotated[
        int,
        Within(least=1, most=10000),
        Doc(
            "Newton steps after which a plan is given up",
            "bounds the work: every answer of 100 000 states took fewer",
        ),
    ] = 120
    interior_steps: Annotated[
        int,
        Within(least=0, most=10000),
        Doc("interior-point steps of one request; 0: no constrained plan", "bounds the work"),
    ] = 400
    constrained_tries: Annotated[
        int,
        Within(least=1, most=20),
        Doc(
            "constrained plans of one request: with less margin, steeper, or more upright",
            "ours: one for each; bounds the work",
        ),
    ] = 3
    late_s: Annotated[
        float,
        Within(least=0.0, most=60.0),
        Doc(
            "an answer older than this is thrown away",
            "a second moves the state by a guidance cycle",
        ),
    ] = 1.0
    kept_s: Annotated[
        float,
        Within(least=0.0, most=60.0),
        Doc("a plan is flown without a fresh one for no longer", "dispersions grow"),
    ] = 5.0
    low_share: Annotated[
        float,
        Within(least=0.0, most=1.0),
        Doc(
            "of the target's altitude, that a plan may sink below it", "rounding, and flat arrivals"
        ),
    ] = 0.05
    glide_share: Annotated[
        float,
        Within(above=0.0, most=1.0),
        Doc(
            "glide slope at most this share of the slope to the start",
            "a start on its own limit has no interior",
        ),
    ] = 0.9
    steeper: Annotated[
        float,
        Within(above=1.0, most=10.0),
        Doc("glide slope of a new try over the last one's", "clears in one or two tries"),
    ] = 1.3
    retry_share: Annotated[
        float,
        Within(least=0.0, most=1.0),
        Doc(
            "of margin, kept back where the target is out of reach with all of it",
            "reach before reserve",
        ),
    ] = 0.25
    lack_share: Annotated[
        float,
        Within(least=0.0, most=1.0),
        Doc(
            "of least thrust, that may lack between knots",
            "more is a turn that the engine cannot make",
        ),
    ] = 0.15
    range_m: Annotated[
        float,
        Within(above=0.0, most=1e6),
        Doc("no constrained plan from further away", "20 knots are too far apart"),
    ] = 20000.0
    speed_mps: Annotated[
        float, Within(above=0.0, most=3000.0), Doc("nor from a higher speed", "the same")
    ] = 300.0
    last_arc_margins: Annotated[
        float,
        Within(least=1.0, most=9.0),
        Doc(
            "last arc: full thrust is called no less than 1 less this x margin",
            "thrust is lowered to take out a coast",
        ),
    ] = 2.5
    last_arc_growth: Annotated[
        float,
        Within(least=1.0, most=2.0),
        Doc(
            "last arc: factor of it where there is no answer",
            "ours: a hundredth for each request without an answer",
        ),
    ] = 1.01
    arc_share: Annotated[
        float,
        Within(least=0.0, most=0.5),
        Doc("of the time left: a shorter arc is over", "its switches are no longer resolved"),
    ] = 0.01
    arc_lead_s: Annotated[
        float,
        Within(least=0.0, most=5.0),
        Doc("the last arc counts as begun so much early", "half a guidance tick"),
    ] = 0.05


@dataclass(frozen=True, kw_only=True)
class LevelGains(Table):
    """Law optimal: the stopping margin of a polynomial, and the brake where none has it."""

    thrust_share: Annotated[
        float,
        Within(above=0.0, most=1.0),
        Doc("of full thrust, that a stop counts with", "a twentieth for dispersions"),
    ] = 0.95
    end_speed_mps: Annotated[
        float,
        Within(above=0.0, most=1000.0),
        Doc("a polynomial ends slower than this against its target", "the next row stops that"),
    ] = 10.0
    first_share: Annotated[
        float,
        Within(above=0.0, most=10.0),
        Doc("of duration_s: the first other time-to-go tried", "nine tries span 0.2 to 3 times it"),
    ] = 0.2
    stretch: Annotated[
        float, Within(above=1.0, most=10.0), Doc("factor to the next", "the same")
    ] = 1.4
    margin_tries: Annotated[
        int,
        Within(least=1, most=100),
        Doc("times-to-go that are tried", "the same; bounds the work of a tick"),
    ] = 9
    spare_m: Annotated[
        float,
        Within(least=0.0, most=1000.0),
        Doc("height to spare of a polynomial", "steps of the flight ahead are coarse"),
    ] = 5.0
    leave_spare_m: Annotated[
        float, Within(least=0.0, most=1000.0), Doc("the same, to leave off braking", "hysteresis")
    ] = 15.0
    velocity_per_s: Annotated[
        float,
        Within(above=0.0, most=10.0),
        Doc("brake: deceleration over velocity", "slow against the attitude loop"),
    ] = 0.6
    vertical_share: Annotated[
        float,
        Within(above=0.0, most=1.0),
        Doc(
            "brake: of full thrust upwards, where there is room to stop",
            "the rest is for the velocity sideways",
        ),
    ] = 0.8
    stop_margin: Annotated[
        float,
        Within(least=1.0, most=10.0),
        Doc("brake: over the deceleration that stops above the ground", "a tenth for dispersions"),
    ] = 1.1
    ground_m: Annotated[
        float,
        Within(least=0.0, most=1000.0),
        Doc("brake: height at which the fall is to be over", "the error of the height"),
    ] = 5.0
    upright_m: Annotated[
        float,
        Within(above=0.0, most=1000.0),
        Doc("brake: the cone about the vertical closes over this height", "upright at touchdown"),
    ] = 30.0
    upright_s: Annotated[
        float, Within(above=0.0, most=100.0), Doc("or over this time to fall", "the slew's time")
    ] = 3.0
