"""Richardson's third-order series of a halo orbit about L2, the start of `three_bodies`.

Richardson, Celestial Mechanics 22, 1980, whose symbols stand here: distances in gamma, that of L2
from the smaller body; x away from the larger one, tau = 0 on the side of the smaller body.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from farside.ext.common.errors import FarsideError


@dataclass(frozen=True)
class Series:
    """What of the series counts half a turn from tau = 0, and the period.

    Attributes
    ----------
    x, z, speed : float
        Place beyond L2 from it, and velocity along y, in gamma; z of the class that is north
        there.
    half : float
        Half a period, in months over 2 pi.
    """

    x: float
    z: float
    speed: float
    half: float


def series(az: float, gamma: float, mu: float) -> Series:
    """Return the third-order series half a turn from tau = 0.

    Parameters
    ----------
    az : float
        Amplitude along z, in gamma.
    gamma : float
        Distance of L2 from the smaller body, in that of the two bodies.
    mu : float
        Share of the smaller body in the mass.

    Raises
    ------
    ValueError
        No halo has this amplitude.
    """
    # c_n of L2, equation 8: (-1)^n (mu + (1 - mu) (g / (1 + g))^(n + 1)) / g^3
    g, outer = gamma, gamma / (1.0 + gamma)
    c2 = (mu + (1.0 - mu) * outer * outer * outer) / (g * g * g)
    c3 = -(mu + (1.0 - mu) * outer * outer * outer * outer) / (g * g * g)
    c4 = (mu + (1.0 - mu) * outer * outer * outer * outer * outer) / (g * g * g)
    lam = math.sqrt(0.5 * (2.0 - c2 + math.sqrt(c2 * (9.0 * c2 - 8.0))))
    l2 = lam * lam
    k = 2.0 * lam / (l2 + 1.0 - c2)
    k2 = k * k
    d1 = 3.0 * l2 / k * (k * (6.0 * l2 - 1.0) - 2.0 * lam)
    d2 = 8.0 * l2 / k * (k * (11.0 * l2 - 1.0) - 2.0 * lam)
    a21 = 0.75 * c3 * (k2 - 2.0) / (1.0 + 2.0 * c2)
    a22 = 0.75 * c3 / (1.0 + 2.0 * c2)
    a23 = -0.75 * c3 * lam / (k * d1) * (3.0 * k2 * k * lam - 6.0 * k * (k - lam) + 4.0)
    a24 = -0.75 * c3 * lam / (k * d1) * (2.0 + 3.0 * k * lam)
    b21 = -1.5 * c3 * lam / d1 * (3.0 * k * lam - 4.0)
    b22 = 3.0 * c3 * lam / d1
    d21 = -0.5 * c3 / l2
    p1 = 4.0 * c3 * (k * a23 - b21) + k * c4 * (4.0 + k2)
    p2 = 3.0 * c3 * (2.0 * a23 - k * b21) + c4 * (2.0 + 3.0 * k2)
    p3 = 4.0 * c3 * (k * a24 - b22) + k * c4
    p4 = c3 * (k * b22 + d21 - 2.0 * a24) - c4
    near, far = 9.0 * l2 + 1.0 - c2, 9.0 * l2 + 1.0 + 2.0 * c2
    a31 = (-2.25 * lam * p1 + 0.5 * near * p2) / d2
    a32 = -(2.25 * lam * p3 + 1.5 * near * p4) / d2
    b31 = 0.375 * (-8.0 * lam * p2 + far * p1) / d2
    b32 = (9.0 * lam * p4 + 0.375 * far * p3) / d2
    d31 = 0.046875 / l2 * (4.0 * c3 * a24 + c4)
    d32 = 0.046875 / l2 * (4.0 * c3 * (a23 - d21) + c4 * (4.0 + k2))
    below = 2.0 * lam * (lam * (1.0 + k2) - 2.0 * k)
    # frequency correction and the relation of the amplitudes
    s1 = (1.5 * c3 * (2.0 * a21 * (k2 - 2.0) - a23 * (k2 + 2.0) - 2.0 * k * b21)
          - 0.375 * c4 * (3.0 * k2 * k2 - 8.0 * k2 + 8.0)) / below  # fmt: skip
    s2 = (1.5 * c3 * (2.0 * a22 * (k2 - 2.0) + a24 * (k2 + 2.0) + 2.0 * k * b22 + 5.0 * d21)
          + 0.375 * c4 * (12.0 - k2)) / below  # fmt: skip
    m1 = -1.5 * c3 * (2.0 * a21 + a23 + 5.0 * d21) - 0.375 * c4 * (12.0 - k2) + 2.0 * l2 * s1
    m2 = 1.5 * c3 * (a24 - 2.0 * a22) + 1.125 * c4 + 2.0 * l2 * s2
    z2 = az * az
    # l1 Ax^2 + l2 Az^2 + Delta = 0
    x2 = -(l2 - c2 + m2 * z2) / m1
    if not x2 > 0.0:
        raise FarsideError(f"no halo orbit about L2 has an amplitude of {az:g} of its distance")
    ax, rate = math.sqrt(x2), lam * (1.0 + s1 * x2 + s2 * z2)
    # tau = pi: odd cosines change their sign
    x = a21 * x2 + a22 * z2 + ax + (a23 * x2 - a24 * z2) - (a31 * x2 * ax - a32 * ax * z2)
    z = az + 2.0 * d21 * ax * az + (d32 * az * x2 - d31 * z2 * az)
    turn = -k * ax + 2.0 * (b21 * x2 - b22 * z2) - 3.0 * (b31 * x2 * ax - b32 * ax * z2)
    return Series(x, z, rate * turn, math.pi / rate)
