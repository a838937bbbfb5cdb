"""How true gravity is made: `[gravity]`."""

from dataclasses import dataclass
from typing import Annotated

from farside.mission.bounds import Doc, Within
from farside.mission.gravity_field import LEAST_DEGREE, MOST_DEGREE
from farside.mission.reader import Table

#: A degree that is shipped.
Degree = Annotated[int, Within(least=LEAST_DEGREE, most=MOST_DEGREE)]


@dataclass(frozen=True, kw_only=True)
class Gravity(Table):
    """The Moon's true field; what navigation knows of it is `navigation.gravity_degree`."""

    degree: Annotated[
        Degree,
        Doc(
            "highest degree and order of GRGM1200A that the lander falls in; 2 is J2 and C22",
            "GRGM: beyond 200 another 0.2e-3 m/s^2 (rms) are left out at 5 to 15 km",
        ),
    ] = 200
