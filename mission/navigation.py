"""What the navigation filter assumes beyond the sensors' own figures: `[navigation]`."""

from dataclasses import dataclass
from typing import Annotated

from farside.mission.bounds import Doc, NonNegative, Positive, Within
from farside.mission.gravity import Degree
from farside.mission.reader import Table

Share = Annotated[float, Within(above=0.0, most=1.0)]
BeamCosine = Annotated[float, Within(least=-1.0, below=1.0)]


@dataclass(frozen=True, kw_only=True)
class Navigation(Table):
    """The navigation filter: its first covariance and its noise model.

    The noise of each sensor is the sensor's own key; `[health]` has the gates. A deviation is 1
    sigma.
    """

    gravity_degree: Annotated[
        Degree,
        Doc(
            "highest degree and order of the gravity that is known aboard; 2 is J2 and C22",
            "ours: a table of 10 kB; what it lacks of degree 200 is 0.8e-3 m/s^2 (rms)",
        ),
    ] = 50
    position_sigma_min_m: Annotated[
        Positive,
        Doc(
            "least deviation of the first position, each axis",
            "ours: keeps the first covariance regular",
        ),
    ] = 1.0
    velocity_sigma_min_mps: Annotated[
        Positive, Doc("least deviation of the first velocity, each axis", "ours: as the position's")
    ] = 0.01
    attitude_sigma_min_rad: Annotated[
        Positive, Doc("least deviation of the first attitude, each axis", "ours: as the position's")
    ] = 2e-5
    scale_sigma_min: Annotated[
        Positive, Doc("least deviation of the velocimeter's scale error", "ours: as the position's")
    ] = 1e-5
    initial_relief_m: Annotated[
        Positive,
        Doc(
            "deviation of the ground from the onboard map at initiation",
            "ours: before any range has been taken",
        ),
    ] = 300.0
    gravity_sigma_mps2: Annotated[
        NonNegative,
        Doc(
            "gravity that is not known aboard, upwards at the mean sphere",
            "GRGM1200A, what degree 50 lacks of degree 200: 0.87e-3 m/s^2 (rms) at 2 km",
        ),
    ] = 9.5e-4
    gravity_fall_m: Annotated[
        Positive,
        Doc("height over which it falls to 1/e", "the same: 0.60e-3 at 8 km, 0.46e-3 at 15 km"),
    ] = 20e3
    gravity_length_m: Annotated[
        Positive,
        Doc(
            "distance over which it changes",
            "the same: its correlation upwards has the integral 24 km; across, 1/sqrt 2 of the "
            "deviation and 41 km come to as much",
        ),
    ] = 24e3
    gravity_time_s: Annotated[
        Positive,
        Doc(
            "flown in half of this, that distance makes it add up to a difference of potential "
            "along the flight; flown in all of it or more it does not",
            "ours: faster than 1.4 km/s, and slower than 0.7",
        ),
    ] = 35.0
    beam_cosine_min: Annotated[
        BeamCosine,
        Doc(
            "ranges along a beam whose cosine from the vertical is less are left out; -1: none",
            "ours: 78 deg; a flatter beam may strike a slope far away",
        ),
    ] = 0.2
    relief_length_m: Annotated[
        Positive,
        Doc(
            "distance over which relief swings about the onboard map, for a radian",
            "structure functions of the whole-Moon DEM less its means of 8 km: zero at 6 km",
        ),
    ] = 2500.0
    relief_share: Annotated[
        Positive,
        Doc(
            "deviation of the ground from the onboard map, as a share of the map's own",
            "the same: between its nodes the map follows the ground",
        ),
    ] = 0.57
    relief_walk_m2pm: Annotated[
        NonNegative,
        Doc(
            "growth of the relief's variance with the distance between two looks, beside that",
            "mare: 10 m over 474 m, growing with the root of the distance",
        ),
    ] = 0.2
    relief_smooth_m: Annotated[
        Positive,
        Doc("distance below which the ground is smooth", "the relief's slope over metres, 0.12"),
    ] = 14.0
    relief_footprint: Annotated[
        NonNegative,
        Doc("the same of a range's footprint, for each metre of range", "ours: 3.4 deg"),
    ] = 0.06
    site_sigma_m: Annotated[
        Positive,
        Doc(
            "deviation of the ground at the site from the site's elevation",
            "ours: the site is surveyed before the flight; the site frame stands on its ground",
        ),
    ] = 0.5
    level_sigma_m: Annotated[
        Positive,
        Doc(
            "ground beneath against the level of the place aimed at, in what guidance is told of "
            "the height's deviation",
            "ours: three of it are 1.35 m, and a cut-off may be 1.5 m too early",
        ),
    ] = 0.45
    thrust_along_sigma: Annotated[
        Positive,
        Doc(
            "thrust off what was commanded, as a share: where it stands in for accelerometers",
            "ours: twice what thrust and mass are dispersed by, 1 sigma",
        ),
    ] = 0.01
    thrust_across_sigma: Annotated[
        Positive,
        Doc("its direction off body z [rad]", "ours: 0.1 deg, twice a mount's"),
    ] = 2e-3
    torque_sigma: Annotated[
        Positive,
        Doc(
            "torque off what was commanded, as a share of a large couple: where it stands in for "
            "gyros",
            "ours: liquid that moves, and what the thrust gives beside what was learned of it",
        ),
    ] = 0.03
    rest_accel_mps2: Annotated[
        Positive,
        Doc(
            "after contact the lander is still where the specific force is gravity to within this",
            "ours: 30 times the accelerometer's noise in a tick",
        ),
    ] = 0.1
    rest_rate_dps: Annotated[
        Positive,
        Doc("and where it turns no faster than this", "ours: as fast as a lander creeps on legs"),
    ] = 0.3
    rest_s: Annotated[
        Annotated[float, Within(least=0.01, most=60.0)],
        Doc("still for so long, it is at rest", "ours: longer than a leg takes to swing out"),
    ] = 1.0
    integrate_saturated: Annotated[
        Annotated[int, Within(least=0, most=1)],
        Doc(
            "1: an increment of the inertial unit at the end of its scale is a measurement",
            "0: its flag is heeded, and the last one before it is held",
        ),
    ] = 0
    attitude_apart: Annotated[
        Annotated[int, Within(least=0, most=1)],
        Doc(
            "1: gyros and stars alone give the attitude",
            "0: ranges, speeds and heights correct it, too",
        ),
    ] = 0
    place_apart: Annotated[
        Annotated[int, Within(least=0, most=1)],
        Doc(
            "1: a speed over ground corrects no place",
            "0: it corrects what of the place came from the speed",
        ),
    ] = 0
    range_open: Annotated[
        Annotated[int, Within(least=0, most=1)],
        Doc("1: a range is used whatever it says", "0: inside its gate"),
    ] = 0
    range_weight: Annotated[
        Annotated[float, Within(least=0.0, most=1.0)],
        Doc(
            "share of what a range says of the altitude that the altitude takes, and nothing else "
            "does, over ground that is level with the site",
            "0: the filter weighs it, over the onboard map and its relief",
        ),
    ] = 0.0
    range_gate_share: Annotated[
        Positive,
        Doc(
            "a range that is taken so is rejected where it is further off than this share of the "
            "height",
            "Apollo's landing radar, from memory: 1/8 of the height, and 15 m",
        ),
    ] = 0.125
    height_by_sensor: Annotated[
        Annotated[int, Within(least=0, most=1)],
        Doc(
            "1: guidance is told no height while the touchdown sensor is silent",
            "0: once believed, it goes on by the estimate",
        ),
    ] = 0
    mass_min_share: Annotated[
        Share,
        Doc(
            "of the dry mass; the estimate of the mass stays above it",
            "ours: keeps the thrust command finite whatever is measured",
        ),
    ] = 0.5
    image_shift_px: Annotated[
        NonNegative,
        Doc(
            "shift that all matches of an image share: light, and the map's own errors near by",
            "measured: 0.03 to 0.05 of two images low over the ground (docs/odometry.md)",
        ),
    ] = 0.05
    image_gate_sigma: Annotated[
        Positive,
        Doc(
            "gate of each match and of all of an image together, as far out as so many deviations "
            "of a normal distribution",
            "99.87 %",
        ),
    ] = 3.0
    image_least: Annotated[
        Annotated[int, Within(least=3, most=512)],
        Doc("matches of an image that must agree", "ours: twice what a pose needs"),
    ] = 8
    image_share: Annotated[
        Share,
        Doc(
            "share of an image's matches that must agree", "ours; Mars 2020 had 80 and more of 150"
        ),
    ] = 0.4
    image_search_m: Annotated[
        Positive,
        Doc(
            "from the estimate: matches may agree with each other on a place so far off, 1 sigma",
            "ours: an error of 3.2 km that nobody knows of is found",
        ),
    ] = 5000.0
    image_vote: Annotated[
        Annotated[int, Within(least=1, most=1000)],
        Doc(
            "images on end whose corrections agree with each other outvote the estimate",
            "ours: one may be of a place that looks alike",
        ),
    ] = 3
    image_drift_mps: Annotated[
        NonNegative,
        Doc("by which such corrections may drift apart", "ours: a speed that is off, too"),
    ] = 20.0
    motion_search_mps: Annotated[
        Positive,
        Doc(
            "from the estimated speed: pairs may agree with each other on one so far off, 1 sigma",
            "ours: dead reckoning for minutes",
        ),
    ] = 20.0
    motion_slope: Annotated[
        NonNegative,
        Doc(
            "slope of the ground that two images see, each way, 1 sigma, once for all of them and "
            "once for each pair",
            "measured: 0.04 to 0.07 in all, all over the Moon (docs/odometry.md)",
        ),
    ] = 0.04
    motion_relief_share: Annotated[
        NonNegative,
        Doc(
            "ground of a pair off level ground, as a share of the height",
            "ours: 40 m at 2 km; what of it is the same all over is the relief's",
        ),
    ] = 0.02
