"""When a sensor is believed, and when it is taken back: `[health]`."""

from dataclasses import dataclass
from typing import Annotated

from farside.mission.bounds import Doc, Within
from farside.mission.reader import Table

Quantile = Annotated[float, Within(least=1.0, most=1e11)]
Growth = Annotated[float, Within(above=1.0, most=10.0)]
Widest = Annotated[float, Within(least=1.0, most=1e11)]
Sigmas = Annotated[float, Within(least=1.0, most=1000.0)]
Reports = Annotated[int, Within(least=1, most=10_000)]
Share = Annotated[float, Within(above=0.0, below=1.0)]
Silence = Annotated[float, Within(least=0.1, most=600.0)]


@dataclass(frozen=True, kw_only=True)
class Health(Table):
    """Gates of each sensor and beam, how long one is refused, and what takes it back.

    A report outside its gate never changes the estimate. No refusal is for ever.
    """

    gate_1: Annotated[
        Quantile,
        Doc(
            "most of the squared innovation over its variance, for a range, a speed or a height",
            "chi-square, 1 degree of freedom: 99.7 % are inside 8.81, 99.99 % inside 15.1",
        ),
    ] = 15.1
    gate_3: Annotated[
        Quantile,
        Doc("the same of an attitude", "chi-square, 3 degrees of freedom: 99.99 % are inside 21.1"),
    ] = 21.1
    reject_after: Annotated[
        Reports,
        Doc("reports outside on end until a sensor is rejected", "ours: 0.5 s at 10 Hz"),
    ] = 5
    readmit_after: Annotated[
        Reports,
        Doc("reports inside on end until a rejected one is believed", "ours: 1 s at 10 Hz"),
    ] = 10
    latch_altimeter: Annotated[
        Annotated[int, Within(least=0, most=1)],
        Doc("1: an altimeter that is rejected once is never taken back", "0: by readmit_after"),
    ] = 0
    ramp: Annotated[
        Growth,
        Doc(
            "growth of the variance of a rejected sensor with each further report outside",
            "ours: a hundredfold in 2.5 s at 10 Hz",
        ),
    ] = 1.2
    ramp_most: Annotated[
        Widest, Doc("most of it over that of a sensor that is believed", "ours: 3 km of 0.1 m")
    ] = 1e9
    stuck_sigma: Annotated[
        Sigmas,
        Doc(
            "equal reports are a fault where what is expected has moved by so many sigma",
            "ours: no step of a counter hides it",
        ),
    ] = 6.0
    stuck_after: Annotated[Reports, Doc("equal reports on end", "ours: 0.5 s at 10 Hz")] = 5
    vote_after: Annotated[
        Reports,
        Doc(
            "reports outside on end of altimeter and touchdown sensor both, which agree with each "
            "other, until they outvote the estimate",
            "ours: as reject_after",
        ),
    ] = 5
    onset_share: Annotated[
        Share,
        Doc(
            "the touchdown sensor is first heard at its range, to within this share of it; of a "
            "reading and an estimate that contradict each other the one that is not there is wrong",
            "ours: 6 m of 30 m; a report in 0.25 s at 15 m/s comes 4 m late",
        ),
    ] = 0.2
    jump_thrust: Annotated[
        Annotated[float, Within(above=0.0, most=1000.0)],
        Doc(
            "of full thrust: specific force that is not added in a tick of 10 ms, but by a spike",
            "ours: an engine takes ten ticks and more from idle to full",
        ),
    ] = 0.5
    jump_rate_dps: Annotated[
        Annotated[float, Within(above=0.0, most=1e5)],
        Doc(
            "turn rate that is not added in a tick, but by a spike",
            "ours: thrusters add 0.1 deg/s in a tick",
        ),
    ] = 2.0
    jump_ticks: Annotated[
        Reports,
        Doc(
            "ticks for which a jump is held back; then it is believed, and what it gave made up",
            "ours: with a spike in each tenth reading so many on end come once in 3 years",
        ),
    ] = 8
    imu_s: Annotated[
        Silence,
        Doc(
            "accelerometers that repeat themselves or pull against the thrust for so long are "
            "replaced by the thrust commanded, and taken back after as long",
            "ours: longer than an ignition, shorter than what costs a landing",
        ),
    ] = 0.5
    silent_s: Annotated[
        Silence,
        Doc(
            "a sensor that has spoken, or should by the estimate, is silent after so long",
            "ours: longer than most relocks",
        ),
    ] = 1.0
