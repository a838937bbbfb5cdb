"""
A year of Sun and Earth over four sites
=======================================

When is it light at a landing site, and does the Earth stand in its sky? Both over the ground of
four sites through 2027, from the ephemeris of the Moon and its librations, with the horizon that
the whole-Moon elevation model shows.
"""

import matplotlib.pyplot as plt
import numpy as np

from farside.mission import load_mission
from farside.survey.horizon_bodies import earth, sun
from farside.survey.horizon_site import site_sky

SITES = ("apollo-11", "chang-e-6", "im-2", "blue-ghost-m1")
DATES, STEP_H = "2027-01-01..2028-01-01", 6.0
bodies = [sun(DATES, STEP_H), earth(DATES, STEP_H)]

# %%
# A body counts as up while it stands above the terrain. Six hours between two instants are
# enough: the Sun moves 3 degrees in them.

figure, panels = plt.subplots(4, 1, figsize=(9.0, 7.6), layout="constrained", sharex=True)
for panel, name in zip(panels, SITES, strict=True):
    site = load_mission(name).site
    sky = site_sky((site.latitude_deg, site.longitude_deg), bodies, azimuths=360)
    light, link = sky.tracks["sun"], sky.tracks["earth"]
    days = np.arange(len(light.share)) * STEP_H / 24.0
    height = light.elevation_deg
    panel.fill_between(days, 0.0, np.maximum(height, 0.0), color="#f0c566", lw=0, label="Sun, up")
    panel.fill_between(days, np.minimum(height, 0.0), 0.0, color="#c3c8d4", lw=0, label="Sun, down")
    panel.plot(days, link.elevation_deg, color="#0072b2", label="Earth")
    panel.axhline(0.0, color="k", lw=0.6)
    side = "N" if site.latitude_deg > 0.0 else "S"
    panel.set_title(f"{name}: {abs(site.latitude_deg):.2f}° {side}, {site.longitude_deg:.2f}° E")
    panel.set_ylabel("elevation, deg")
    print(
        f"{name:14} Sun to {height.max():5.1f} deg, seen {light.share.mean():4.0%} of the year; "
        f"Earth {link.elevation_deg.min():6.1f} to {link.elevation_deg.max():5.1f} deg, "
        f"seen {link.share.mean():4.0%}"
    )
panels[-1].set(xlabel="day of 2027", xlim=(0.0, 365.0))
panels[0].legend(ncols=3, loc="lower right", bbox_to_anchor=(1.0, 0.98))
plt.show()
