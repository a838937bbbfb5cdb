"""Like engines on a circle that steer by throttling against one another."""

from dataclasses import dataclass
from typing import Annotated

from farside.mission.bounds import Doc, Positive, Within
from farside.mission.reader import Table


@dataclass(frozen=True, kw_only=True)
class Cluster(Table):
    """Three or more like engines, evenly on a circle, throttled one against another.

    They give what they can of the torque about body x and y, and the thrusters the rest: at a
    thrust T as much as radius_m / 2 times the least of T - thrust_min_n, thrust_max_n - T and
    differential_share of thrust_max_n. Guidance plans its slews with the thrusters alone.
    """

    radius_m: Annotated[Positive, Doc("of the circle that they stand on, about the thrust axis")]
    differential_share: Annotated[
        float,
        Within(above=0.0, most=1.0),
        Doc("of its full thrust, that an engine departs from their mean at most", "ours: a tenth"),
    ] = 0.1
