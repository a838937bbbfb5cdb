"""What the navigation filter assumes beyond the sensors' own figures: `[navigation]`."""

from dataclasses import dataclass
from typing import Annotated

from farside.mission.bounds import Doc, Fraction, NonNegative, Positive, Within
from farside.mission.gravity import Degree
from farside.mission.reader import Table

Share = Annotated[float, Within(above=0.0, most=1.0)]
Cosine = Annotated[float, Within(above=0.0, below=1.0)]


@dataclass(frozen=True, kw_only=True)
class Navigation(Table):
    """The navigation filter: its first covariance, its noise model, its gates and fixed gains.

    The noise of each sensor is the sensor's own key. A deviation is 1 sigma.
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
    bias_time_s: Annotated[
        NonNegative,
        Doc(
            "the accelerometer's constant error is carried as a random walk of the velocity of "
            "the same variance after this time",
            "ours: half of a braking phase",
        ),
    ] = 300.0
    star_gain: Annotated[
        Share,
        Doc(
            "share of the star tracker's fix that the attitude takes",
            "ours: gyro noise between two fixes is far below the noise of one",
        ),
    ] = 0.05
    attitude_sigma_rad: Annotated[
        NonNegative,
        Doc(
            "attitude error, enters the variance of a slant range",
            "ours: twice the 30 arcsec of a fix",
        ),
    ] = 3e-4
    beam_cosine_min: Annotated[
        Cosine,
        Doc(
            "ranges along a beam whose cosine from the vertical is less are left out",
            "ours: 78 deg; a flatter beam may strike a slope far away",
        ),
    ] = 0.2
    relief_length_m: Annotated[
        Positive,
        Doc(
            "distance flown over which relief is forgotten", "ours: half the onboard map's posting"
        ),
    ] = 4000.0
    relief_per_height: Annotated[
        Positive,
        Doc(
            "most deviation of the relief for each metre of range; the rest of it goes into the "
            "altitude, which then counts from the ground beneath",
            "ours: 20 m at 4 km",
        ),
    ] = 0.005
    relief_walk_m2pm: Annotated[
        NonNegative,
        Doc(
            "growth of the variance of such an altitude with the distance flown",
            "mare: 10 m over 474 m, growing with the root of the distance",
        ),
    ] = 0.2
    datum_cosine_min: Annotated[
        Cosine,
        Doc(
            "altitudes count from the ground beneath where the cosine of the arc to the site is "
            "greater",
            "ours: 0.8 deg, 25 km; there the site's vertical is the lander's",
        ),
    ] = 0.9999
    relief_gate_sigma: Annotated[
        Positive,
        Doc("relief beyond so many of its deviations is an error of the altitude", "ours: 3 sigma"),
    ] = 3.0
    relief_transfer: Annotated[
        Fraction,
        Doc(
            "share of such relief that goes into the altitude over relief_length_m",
            "ours: four lengths, so that no single hill is taken for an error",
        ),
    ] = 0.25
    gate_sigma: Annotated[
        Positive,
        Doc("a range whose innovation is beyond so many deviations is an outlier", "ours: 3 sigma"),
    ] = 3.0
    doubt_after: Annotated[
        int,
        Within(least=0, most=100_000),
        Doc("outliers in a row until the filter widens its covariance", "ours: 2 s at 10 Hz"),
    ] = 20
    doubt_relief: Annotated[
        NonNegative,
        Doc(
            "share of the innovation squared that each further outlier adds to the relief's "
            "variance",
            "ours: six of them open a gate of 3 sigma",
        ),
    ] = 0.02
    doubt_position: Annotated[
        NonNegative,
        Doc(
            "the same for the variance of the position, each axis",
            "ours: a twentieth of the relief's, so that the map is doubted first",
        ),
    ] = 0.001
    height_gain: Annotated[
        Share,
        Doc(
            "share of a height above ground that the estimate takes",
            "ours: leaves a third of the noise",
        ),
    ] = 0.2
    height_jump_m: Annotated[
        Positive,
        Doc(
            "a height further off is taken as it is: the ground has changed",
            "ours: 30 times the sensor's noise",
        ),
    ] = 3.0
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
    mass_min_share: Annotated[
        Share,
        Doc(
            "of the dry mass; the estimate of the mass stays above it",
            "ours: keeps the thrust command finite whatever is measured",
        ),
    ] = 0.5
