"""The errors of the sensors that hold for a whole flight: names, units and figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from farside.mission.instruments import Sensors

#: Pairs of axes whose angle is off: the first leans towards the second.
PAIRS: Final = ("xy", "xz", "yx", "yz", "zx", "zy")
#: Axes across a beam of the velocimeter about which it is turned.
ACROSS: Final = ("u", "v")


@dataclass(frozen=True)
class ConstantError:
    """An error that holds for a whole flight: its name, unit and figure in the mission file."""

    name: str
    unit: str
    description: str
    sigma_of: Callable[[Sensors], float]  # 1 sigma, in that unit


def _figure(table: str, key: str, sensors: Sensors) -> float:
    """Return a figure of an instrument."""
    return float(getattr(getattr(sensors, table), key))


def _first_errors() -> Iterator[ConstantError]:
    """Yield biases and scale factors."""
    for stem, unit, what, figure in (
        ("gyro_bias", "dph", "gyro bias, deg/h", "gyro_bias_dph"),
        ("gyro_scale", "ppm", "gyro scale factor", "gyro_scale_ppm"),
        ("accel_bias", "ug", "accelerometer bias, 1e-6 of standard gravity", "accel_bias_ug"),
        ("accel_scale", "ppm", "accelerometer scale factor", "accel_scale_ppm"),
    ):
        for axis in "xyz":
            yield ConstantError(
                f"{stem}_{axis}_{unit}",
                {"dph": "deg/h", "ppm": "1e-6", "ug": "1e-6 g0"}[unit],
                f"{what}, body {axis}",
                partial(_figure, "imu", figure),
            )
    yield ConstantError(
        "range_bias_m", "m", "altimeter bias", partial(_figure, "altimeter", "bias_m")
    )
    yield ConstantError(
        "beam_scale", "1", "velocimeter scale factor", partial(_figure, "velocimeter", "scale")
    )


def _mounting_errors() -> Iterator[ConstantError]:
    """Yield how the instruments stand off where and how they should."""
    for stem, what in (("gyro", "gyro"), ("accel", "accelerometer")):
        for a, b in PAIRS:
            yield ConstantError(
                f"{stem}_misalignment_{a}{b}_arcsec",
                "arcsec",
                f"{what} of body {a} leans towards {b}",
                partial(_figure, "imu", f"{stem}_misalignment_arcsec"),
            )
    for stem, table, unit, what in (
        ("imu_position", "imu", "m", "inertial unit off its place"),
        ("star_misalignment", "star_tracker", "arcsec", "star tracker turned"),
        ("range_misalignment", "altimeter", "deg", "altimeter turned"),
        ("range_position", "altimeter", "m", "altimeter off its place"),
        ("beam_misalignment", "velocimeter", "deg", "velocimeter turned"),
        ("beam_position", "velocimeter", "m", "velocimeter off its place"),
        ("height_position", "touchdown", "m", "touchdown sensor off its place"),
    ):
        key = "position_error_m" if unit == "m" else f"misalignment_{unit}"
        for axis in "xyz":
            yield ConstantError(
                f"{stem}_{axis}_{unit}", unit, f"{what}, body {axis}", partial(_figure, table, key)
            )
    for beam in range(3):
        for axis in ACROSS:
            yield ConstantError(
                f"beam{beam}_misalignment_{axis}_deg",
                "deg",
                f"velocimeter's beam {beam} turned about its own axis {axis}",
                partial(_figure, "velocimeter", "beam_misalignment_deg"),
            )


#: In the order of their draws, which is part of the interface: a new one is put at the end.
FIRST_ERRORS: Final = tuple(_first_errors())
MOUNTING_ERRORS: Final = tuple(_mounting_errors())
CONSTANT_ERRORS: Final = FIRST_ERRORS + MOUNTING_ERRORS
