"""Margins to limits as arguments of the normal integral: their form, and the constants fitted."""

from __future__ import annotations

from dataclasses import dataclass, replace

NOISE_RANGE = (-1.3, 1.2)
"""Least and greatest x of `Margin` that were fitted; what is beyond is taken as there."""


@dataclass(frozen=True)
class Margin:
    """How a margin, in sigmas, becomes the argument of the normal integral.

    With x = ln(sigma / roughness limit) from the middle of the noises fitted,

        u = margin exp(scale + scale_x x + scale_xx x^2)
            + bias + bias_x x + bias_xx x^2 + bias_xxx x^3,
        z = u + above max(0, u) + far max(0, u - 1.5) + below min(0, u + 1).

    The bias is there because what is measured is a greatest value: noise makes it greater than
    what is true, the more so the more cells compete, and they are more when it is noisier.
    """

    scale: float
    scale_x: float = 0.0
    scale_xx: float = 0.0
    bias: float = 0.0
    bias_x: float = 0.0
    bias_xx: float = 0.0
    bias_xxx: float = 0.0
    above: float = 0.0
    far: float = 0.0
    below: float = 0.0


# Fitted by maximum likelihood, and so that no decile is off, to 240 scenes over the Chang'e 6 site
# with Chang'e 3's rocks (decision 047) at 0.005 to 0.05 m of noise, none of which a score uses:
# studies/calibrate.py.
NOISE_MIDDLE = -2.5
DISC_DEVIATION = Margin(
    *(0.3529, 0.1643, 0.0269), *(1.2204, 0.9339, 0.3767, 0.1132), -0.0763, -0.0943, -0.1963
)
LEGS_SLOPE = Margin(
    *(0.5038, 0.2273, 0.0159), *(0.4659, 0.2955, 0.3333, -0.0085), -0.1682, -0.2118, -0.0704
)
LEGS_RISE = Margin(0.2, bias=1.0)
CORRELATION = 0.066
"""Correlation of a safe disc and safe legs: the same rocks spoil both."""

# By fused frames of a lidar: what is missing of tops has a long tail, which is why a margin of many
# sigmas counts less (studies/fused.py); it moves with the noise as that of posted heights.
FUSED_DEVIATION = Margin(
    *(-0.0139, 0.1643, 0.0269), *(0.9816, 0.9339, 0.3767, 0.1132), 0.2166, -0.5627, -0.3538
)


def shifted(margin: Margin, shift: tuple[float, float, float]) -> Margin:
    """Return a margin with something added to its scale, bias and bias_x.

    Parameters
    ----------
    margin : Margin
        Of white errors.
    shift : three floats
        Of `farside.terrain.correlated`.
    """
    scale, bias, bias_x = shift
    return replace(
        margin,
        scale=margin.scale + scale,
        bias=margin.bias + bias,
        bias_x=margin.bias_x + bias_x,
    )
