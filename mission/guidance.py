"""The table `[guidance]` of a mission file: limits across the phases, and the autopilot's gains."""

from dataclasses import dataclass, field
from typing import Annotated

from farside.mission.bounds import Azimuth, Doc, Fraction, Positive, Within
from farside.mission.couple_gains import CoupleGains
from farside.mission.cutoff_gains import CutoffGains
from farside.mission.gains import (
    AttitudeGains,
    BrakingGains,
    EstimateLimits,
    HoverGains,
    PolynomialGains,
    ThrustScaleGains,
)
from farside.mission.late_gains import LateGains
from farside.mission.plan_gains import LevelGains, PlanGains
from farside.mission.reader import Table
from farside.mission.unsure_gains import UnsureGains


@dataclass(frozen=True, kw_only=True)
class Guidance(Table):
    """Limits that hold across the phases; the tables within hold the gains of the autopilot."""

    thrust_margin: Annotated[
        Fraction,
        Doc("law braking is planned at 1 less this of full thrust: 0.025 for 1 % of thrust"),
    ]
    tilt_limit_deg: Annotated[
        float,
        Within(above=0.0, most=90.0),
        Doc("thrust axis off the vertical, laws polynomial, optimal, e_guidance (flown to 85)"),
    ]
    rate_limit_dps: Annotated[Positive, Doc("attitude slew")]
    heading_deg: Annotated[
        Azimuth, Doc("of body x when upright; against the arrival, so that no row turns about z")
    ]
    least_up_share: Annotated[
        float,
        Within(least=0.0, most=1.0),
        Doc("of gravity: least vertical thrust of the laws with a tilt limit", "no free fall"),
    ] = 0.4
    major_cycle_s: Annotated[
        float,
        Within(least=0.1, most=100.0),
        Doc(
            "between solutions of braking, plans and checks of the stopping margin",
            "ours: a plan holds for a second of flight; Apollo used 2 s",
        ),
    ] = 1.0
    attitude: AttitudeGains = field(default_factory=AttitudeGains)
    hover: HoverGains = field(default_factory=HoverGains)
    polynomial: PolynomialGains = field(default_factory=PolynomialGains)
    braking: BrakingGains = field(default_factory=BrakingGains)
    plan: PlanGains = field(default_factory=PlanGains)
    level: LevelGains = field(default_factory=LevelGains)
    thrust: ThrustScaleGains = field(default_factory=ThrustScaleGains)
    cutoff: CutoffGains = field(default_factory=CutoffGains)
    late: LateGains = field(default_factory=LateGains)
    couples: CoupleGains = field(default_factory=CoupleGains)
    unsure: UnsureGains = field(default_factory=UnsureGains)
    estimate: EstimateLimits = field(default_factory=EstimateLimits)


GAIN_TABLES: tuple[tuple[str, type[Table]], ...] = (
    ("attitude", AttitudeGains),
    ("hover", HoverGains),
    ("polynomial", PolynomialGains),
    ("braking", BrakingGains),
    ("plan", PlanGains),
    ("level", LevelGains),
    ("thrust", ThrustScaleGains),
    ("cutoff", CutoffGains),
    ("late", LateGains),
    ("couples", CoupleGains),
    ("unsure", UnsureGains),
    ("estimate", EstimateLimits),
)
"""The tables within `[guidance]`, by name."""
