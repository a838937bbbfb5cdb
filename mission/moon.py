"""The Moon's constants, SI units, each with its source (ids of docs/sources.md).

Coefficients of gravity are unnormalised and belong to `REFERENCE_RADIUS_M`, whatever the mean
radius is. Strictly they hold in the principal-axis frame, which the mean-Earth frame of sites and
maps leaves by at most 0.03 deg: 0.03 deg of a term that is itself 2e-4 of gravity.
"""

from typing import Final

GM: Final = 4902800118457.5496
"""Gravitational parameter [m3/s2], DE440 (NAIFGM)."""

MEAN_RADIUS_M: Final = 1737400.0
"""Radius of the sphere that elevations count from [m] (PCK11)."""

REFERENCE_RADIUS_M: Final = 1738000.0
"""Radius of the gravity coefficients [m], GRGM1200A (GRGM)."""

J2: Final = 203.224e-6
"""Oblateness, unnormalised, GRGM1200A (GRGM)."""

C22: Final = 2.2382e-5
"""Ellipticity of the equator, unnormalised: 3.4674e-5 times sqrt(5/12) (from memory)."""

ROTATION_RADPS: Final = 2.6616995e-6
"""Mean rotation rate about +z of the Moon-fixed axes [rad/s]: 13.17635815 deg a day (PCK11)."""

SURFACE_GRAVITY_MPS2: Final = GM / MEAN_RADIUS_M**2
"""Gravity of the point mass at the mean radius [m/s2], 1.6242."""

STANDARD_GRAVITY_MPS2: Final = 9.80665
"""What turns a specific impulse in seconds into an exhaust speed [m/s2], exact by definition."""

PA_TO_ME_ARCSEC: Final = (-67.8526, -78.6944, -0.2785)
"""Principal axes to mean Earth: right-handed turns about z, y and x [arcsec] (FKDE440)."""
