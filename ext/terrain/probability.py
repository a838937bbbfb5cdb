"""The kernel of probabilities for this CPU, chosen when imported, and the model it works by.

All three builds come from probability.pxi and give the same bits; FARSIDE_ISA overrides the choice.
"""

from typing import Any, NamedTuple

from farside.ext.common.dispatch import ISA, built_for


class ProbabilityModel(NamedTuple):
    """Limits, sensitivities and fits; the formulas are in farside.terrain.probability."""

    slope_limit_deg: float
    slope_limit: float  # its tangent
    roughness_limit_m: float
    belly_clearance_m: float  # less what the touchdown takes of it
    disc_tilt_per_m: float  # 1-sigma of the disc's plane, tangent, per metre of noise
    legs_radius_m: float  # of the circle that the pads stand on
    legs_tilt: tuple[float, float]  # 1-sigma of a support plane, tangent, per metre; how many
    legs_lift: tuple[float, float]  # 1-sigma of a rise per metre of noise; how many
    cells: int  # under the footprint
    margins: tuple[tuple[float, ...], ...]  # (3, 10) disc's deviation, legs' slope, legs' rise
    noise_levels: tuple[float, float, float]  # middle of ln(sigma / limit); least, most about it
    correlation: float  # of a safe disc and safe legs
    bits: tuple[int, ...]  # slope, rough, unseen, edge, stand slope, belly, uncertain
    touchdown: tuple[float, float, float] = (0.0, 0.0, 0.0)  # 1-sigma: belly [m], tilt, per slope


def load_probability_kernel(isa: str) -> Any:
    """Return the ProbabilityKernel class built for an instruction set.

    Raises
    ------
    ValueError
        If this CPU, or this build, does not have the instruction set.
    """
    return built_for(isa, "terrain.probability").ProbabilityKernel


ProbabilityKernel: Any = load_probability_kernel(ISA)
