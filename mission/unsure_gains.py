"""The table `[guidance.unsure]`: how the last kilometres are flown where the height is not known.

ext/guidance/autopilot/unsure_height.pxd has the equations.
"""

from dataclasses import dataclass
from typing import Annotated

from farside.mission.bounds import Doc, Fraction, Within
from farside.mission.reader import Table


@dataclass(frozen=True, kw_only=True)
class UnsureGains(Table):
    """Descent over ground whose height is known badly: behind braking, slowly, until contact."""

    sigmas: Annotated[
        float,
        Within(least=0.0, most=10.0),
        Doc(
            "ground is expected within so many standard deviations of the height; 0: the estimate "
            "is flown as if it were right",
            "99.7 %",
        ),
    ] = 3.0
    from_m: Annotated[
        float,
        Within(above=0.0, most=1e5),
        Doc(
            "where they are more than this, and until they are less than half of it",
            "ours: a third of a hover's 100 m: a range that is doubted for a second is less",
        ),
    ] = 30.0
    rate_mps: Annotated[
        float,
        Within(above=0.0, most=20.0),
        Doc(
            "such ground is met at this speed downwards at most",
            "four fifths of what legs for 3 m/s hold",
        ),
    ] = 2.4
    propellant_share: Annotated[
        Fraction,
        Doc(
            "of the time that the propellant holds the lander up: the band that can be searched "
            "within it at that speed is searched",
            "a tenth is kept",
        ),
    ] = 0.9
    slow_share: Annotated[
        Fraction,
        Doc("of that time, that a slower search of the band may take", "ours: half is kept"),
    ] = 0.5
