"""How a lander holds its own map in sight after it has chosen a site on it: `[tracking]`."""

from dataclasses import dataclass
from typing import Annotated

from farside.mission.bounds import Doc, Within
from farside.mission.reader import Table

Rays = Annotated[int, Within(least=16, most=512)]


@dataclass(frozen=True, kw_only=True)
class Tracking(Table):
    """Frames of the lidar, between choice and touchdown, that are laid onto the map of the scan.

    Needs `[sensors.lidar]` and a row that scans. What a velocimeter's drift adds up to since the
    map was made is found so, and what the lidar's mounting is off by counts less the lower it is.
    """

    every_s: Annotated[
        float,
        Within(least=0.0, most=600.0),
        Doc(
            "from one frame to the next; 0 leaves them out",
            "the velocimeter drifts by 0.05 m meanwhile",
        ),
    ] = 5.0
    least_height_m: Annotated[
        float,
        Within(least=0.0, most=1000.0),
        Doc("no frame below", "dust, and 4 m of ground in view"),
    ] = 8.0
    returns: Annotated[
        tuple[Rays, Rays],
        Doc("of such a frame, across and along body x", "ours: one in 46 of a full one"),
    ] = (64, 72)
    frame_s: Annotated[
        float, Within(least=0.02, most=0.5), Doc("that a frame takes", "as a full one's")
    ] = 0.25
    latency_s: Annotated[
        float,
        Within(least=0.0, most=0.5),
        Doc("last return to the fix", "5 ms of computing on one core, the rest spare"),
    ] = 0.1
    gate: Annotated[
        float,
        Within(least=1.0, most=1000.0),
        Doc(
            "most of the squared innovation over its variance, on each axis",
            "chi-square, 1 degree of freedom: 99.99 % are inside 15.1",
        ),
    ] = 15.1
    sigma_most_m: Annotated[
        float,
        Within(above=0.0, most=100.0),
        Doc("a fix of less than this on its worse axis counts", "level ground tells no place"),
    ] = 0.2
