"""The Moon's gravity field as spherical harmonics: GRGM1200A to degree 200.

The coefficients of `mission/grgm1200a.npy` are those of the published table (GRGM), degree by
degree and order by order from degree 2; `studies/gravity_coefficients.py` writes the file. They
hold in the principal axes, which the mean-Earth ones of sites and maps leave by 0.03 deg.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from farside.ext.common import deterministic
from farside.ext.common._harmonics import gravity_of_harmonics, pack_terms
from farside.ext.common.errors import FarsideError
from farside.mission.frames import principal_to_mean_earth
from farside.mission.moon import GM, REFERENCE_RADIUS_M

Array = npt.NDArray[np.float64]

#: The lowest and the highest degree that can be asked for.
LEAST_DEGREE, MOST_DEGREE = 2, 200
COEFFICIENTS = Path(__file__).with_name("grgm1200a.npy")


@dataclass(frozen=True, eq=False)
class GravityField:
    """Gravity of the Moon to a degree, as `gravity_field` makes it.

    Attributes
    ----------
    degree : int
        Highest degree and order of the field.
    terms : ndarray, (K, 5)
        Factors and coefficients, order after order, as the kernel reads them.
    """

    degree: int
    terms: Array

    def beside_point_mass(self, directions_moon: npt.ArrayLike, radius_m: npt.ArrayLike) -> Array:
        """Compute gravity of degree 2 and higher on spheres: all but the point mass.

        Parameters
        ----------
        directions_moon : array_like, (K, 3)
            Unit vectors from the Moon's centre, mean-Earth axes.
        radius_m : array_like, (H,)
            Distances from the centre [m].

        Returns
        -------
        ndarray, (K, H, 3)
            Acceleration [m/s^2], mean-Earth axes.
        """
        turn = principal_to_mean_earth()
        principal = np.ascontiguousarray(deterministic.product(directions_moon, turn))
        radii = np.ascontiguousarray(radius_m, np.float64)
        g = np.empty((len(principal), len(radii), 3))
        gravity_of_harmonics(self.terms, self.degree, GM, REFERENCE_RADIUS_M, principal, radii, g)
        return deterministic.product(g, turn.T)


@cache
def gravity_field(degree: int) -> GravityField:
    """Return the Moon's field to a degree and order.

    Parameters
    ----------
    degree : int
        2 to 200.

    Returns
    -------
    GravityField
        Of GRGM1200A.

    Raises
    ------
    ValueError
        A degree that is not shipped.

    Examples
    --------
    >>> import numpy as np
    >>> g = gravity_field(200).beside_point_mass([[0.0, 0.0, 1.0]], [1737400.0])
    >>> print(np.round(1e5 * g[0, 0], 1))  # mGal at the north pole
    [36.4 15.4 50.1]

    References
    ----------
    Lemoine, F. G. et al. (2014), GRGM900C: A degree 900 lunar gravity model from GRAIL primary and
    extended mission data, Geophysical Research Letters 41, 3382-3389.
    """
    if not LEAST_DEGREE <= degree <= MOST_DEGREE:
        raise FarsideError(
            f"a gravity field of degree {degree}: {LEAST_DEGREE} to {MOST_DEGREE} are shipped"
        )
    pairs = np.load(COEFFICIENTS, allow_pickle=False)
    c, s = np.zeros((2, degree + 1, degree + 1))
    first = 0
    for n in range(LEAST_DEGREE, degree + 1):
        c[n, : n + 1], s[n, : n + 1] = pairs[first : first + n + 1].T
        first += n + 1
    return GravityField(degree, pack_terms(c, s))
