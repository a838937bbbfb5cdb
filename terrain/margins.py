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


# Fitted by maximum likelihood, and so that no decile is off, to 400 scenes over the Chang'e 6 site
# at 0.005 to 0.05 m of noise, none of which a score uses: studies/calibrate.py.
NOISE_MIDDLE = -2.5
DISC_DEVIATION = Margin(
    *(0.3764, 0.1840, 0.0069), *(1.5587, 1.1293, 0.3550, 0.0920), 0.0267, -0.1192, -0.1466
)
LEGS_SLOPE = Margin(
    *(0.4829, 0.2564, -0.0160), *(0.4972, 0.3608, 0.1606, 0.0721), 0.0532, -0.1933, -0.1396
)
LEGS_RISE = Margin(0.2, bias=1.0)
CORRELATION = 0.26
"""Correlation of a safe disc and safe legs: the same rocks spoil both."""


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
