"""
The Sun along the horizon of a polar mountain
=============================================

Near the lunar poles the Sun only skirts the level, so what a lander's panels get depends on the
mountains around. The horizon of Mons Mouton, from the whole-Moon elevation model that comes with
the package, with the Sun and the Earth over it through a month of its winter.
"""

import matplotlib.pyplot as plt
import numpy as np

from farside.survey.horizon_bodies import earth, sun
from farside.survey.horizon_site import site_sky

PLACE = (-85.4, 31.6)  # deg; the top of Mons Mouton
DATES = "2026-07-01..2026-07-31"
sky = site_sky(PLACE, [sun(DATES), earth(DATES)], eye_m=5.0)
light = sky.tracks["sun"]
order = np.argsort(light.azimuth_deg)

# %%
# Elevations count from the level at the site. The raster is one of 3.8 km: a finer one, given by
# ``dems=``, moves the near skyline, and a lander would want it.

print(f"ground at {sky.elevation_m:.0f} m; mountains to {sky.horizon_deg.max():.2f} deg")
print(f"the Sun: {light.elevation_deg.min():.2f} to {light.elevation_deg.max():.2f} deg high")
print(f"share of its disc, mean of the days: {light.share.mean():.1%}")
print(f"longest night: {light.visibility.longest_gap_h.max():.0f} h")

figure, (panorama, days) = plt.subplots(2, 1, figsize=(9.0, 5.6), layout="constrained")
panorama.fill_between(sky.azimuth_deg, sky.horizon_deg, -7.0, color="#b0a89c", label="mountains")
seen = light.share[order]
dots = panorama.scatter(light.azimuth_deg[order], light.elevation_deg[order], c=seen, s=6,
                        cmap="inferno", vmin=0.0, vmax=1.2, zorder=3)  # fmt: skip
disc = figure.colorbar(dots, ax=panorama, label="share of the Sun's disc seen", ticks=[0, 0.5, 1])
disc.ax.set_ylim(0.0, 1.0)
panorama.legend(loc="upper right")
panorama.set(
    xlabel="azimuth from true north, deg", ylabel="elevation, deg", xlim=(0, 360), ylim=(-7.0, 6.0)
)
since = np.arange(len(light.share)) / 24.0
days.fill_between(since, 0.0, 100.0 * light.share, color="#e69f00", step="mid")
days.set(xlabel="days from 1 July 2026", ylabel="Sun's disc, %", xlim=(0, since[-1]), ylim=(0, 105))
above = days.twinx()
above.plot(since, sky.tracks["earth"].elevation_deg, color="#0072b2")
above.set_ylabel("Earth's elevation, deg", color="#0072b2")
above.axhline(0.0, color="#0072b2", lw=0.5, ls=":")
plt.show()
