"""How the lander is expected to meet the ground, as it is known aboard: `[contact]`."""

from dataclasses import dataclass, field
from typing import Annotated

from farside.mission.bounds import Doc, NonNegative, Within
from farside.mission.reader import Table
from farside.mission.regolith import Regolith

_ERROR = "24 flights of Chang'e 6 and 8 of Chang'e 4, rounded up"


@dataclass(frozen=True, kw_only=True)
class Contact(Table):
    """Errors at first contact, 1 sigma, and the ground as it is assumed aboard.

    The vertical speed and its error follow from the phase table's cut-off height, the engine's lag
    and the touchdown sensor. The truth's ground is `[regolith]` of the mission, not this one.
    """

    horizontal_sigma_mps: Annotated[NonNegative, Doc("of the speed along each axis", _ERROR)] = 0.04
    tilt_sigma_deg: Annotated[NonNegative, Doc("of the tilt about each axis", _ERROR)] = 0.05
    rate_sigma_dps: Annotated[NonNegative, Doc("of the turning about each axis", _ERROR)] = 0.1
    propellant_left: Annotated[
        float,
        Within(least=0.0, most=1.0),
        Doc("share of the usable propellant aboard at contact", "Chang'e 6 keeps a tenth"),
    ] = 0.1
    belly_radius_m: Annotated[
        NonNegative, Doc("of the lowest part of the body, about the thrust axis", "a nozzle's")
    ] = 0.5
    regolith: Regolith = field(default_factory=Regolith)
