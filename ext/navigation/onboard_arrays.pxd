"""The onboard map out of Python: arrays and a dict made the struct that a tick reads."""

from libc.string cimport memset

from farside.ext.common.vector cimport vec
from farside.ext.navigation.onboard_map cimport OnboardMap


cdef inline int onboard_map_from(
        OnboardMap* m, object place, const float[:, ::1] height_m,
        const float[:, ::1] sigma_m) except -1:
    """Fill a map from u0_m, v0_m, cell_m, radius_m, along_site and across_site of `place`.

    It points into the arrays, so the caller keeps them. Raises ValueError where their shapes
    differ.
    """
    if sigma_m.shape[0] != height_m.shape[0] or sigma_m.shape[1] != height_m.shape[1]:
        raise ValueError("the onboard map's heights and sigmas differ in shape")
    memset(m, 0, sizeof(OnboardMap))
    m.rows = height_m.shape[0]
    m.cols = height_m.shape[1]
    if m.rows > 0 and m.cols > 0:
        m.height_m = &height_m[0, 0]
        m.sigma_m = &sigma_m[0, 0]
    m.u0_m = place["u0_m"]
    m.v0_m = place["v0_m"]
    m.cell_m = place["cell_m"]
    m.radius_m = place["radius_m"]
    x, y, z = place["along_site"]
    m.along_site = vec(x, y, z)
    x, y, z = place["across_site"]
    m.across_site = vec(x, y, z)
    return 0
