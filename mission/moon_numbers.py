"""The Moon under a landing site, as the numbers that the kernels take."""

from typing import Any

from farside.mission import moon
from farside.mission.frames import SiteFrame


def moon_numbers(frame: SiteFrame) -> dict[str, Any]:
    """Return gravity, turning and axes at a site: the `Moon` struct of ext/common/types.pxd.

    Parameters
    ----------
    frame : SiteFrame
        East-North-Up frame of the site.

    Returns
    -------
    dict
        One entry for each member of the struct, SI units.
    """
    x, y, z = frame.omega_site
    return {
        "gm": moon.GM,
        "j2": moon.J2,
        "c22": moon.C22,
        "reference_radius_m": moon.REFERENCE_RADIUS_M,
        "radius_m": frame.radius_m,
        "omega_site": {"x": x, "y": y, "z": z},
        "site_to_moon": frame.moon_to_site.T.ravel().tolist(),
    }
