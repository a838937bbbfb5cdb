"""
From a lidar's scan to the chosen site
======================================

At its hover a hundred metres up the lander scans the ground once, maps it, and picks where to
stand. The flight of Chang'e 6 with seed 7: what was measured, what was made of it, and the way
down.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LightSource

import farside
from farside.terrain import Reason

landing = farside.land("chang-e-6", seed=7, cameras=False)
scan = landing.imaging
hazards, site = scan.hazards, landing.site
elevation = hazards.elevation
rows, cols = elevation.heights.shape
east = elevation.east_m + np.arange(cols) * elevation.cell_m
north = elevation.north_m + np.arange(rows) * elevation.cell_m
print(f"{rows} x {cols} cells of {elevation.cell_m} m; {elevation.seen.mean():.1%} have a return")
print(f"safe: {hazards.safe.mean():.1%}; {site.candidates} sites were ranked by {site.ranked_by}")
print(f"diverted {site.divert_m:.1f} m, missed the choice by {landing.touchdown.miss_m:.2f} m, "
      f"p = {site.probability:.5f}")  # fmt: skip

# %%
# Left the relief, lit from the west; each cell is coloured by the first thing that speaks against
# it. Map and sites are in the lander's own axes, so its way down is drawn as it estimated it.
# Right the way down, with the phases of the autopilot.

WORDS = {
    Reason.UNSEEN: ("not seen", "#1a1a1a"), Reason.ROUGH: ("too rough", "#d55e00"),
    Reason.SLOPE: ("too steep", "#e69f00"), Reason.BELLY: ("belly touches", "#cc79a7"),
    Reason.STAND_SLOPE: ("legs too steep", "#b8a000"), Reason.UNSURE: ("unsure", "#f0e442"),
}  # fmt: skip
figure, (top, side) = plt.subplots(1, 2, figsize=(10.0, 5.2), layout="constrained")
lit = LightSource(270, 30).hillshade(elevation.heights, dx=elevation.cell_m, dy=elevation.cell_m)
extent = (east[0], east[-1], north[0], north[-1])
top.imshow(lit, cmap="gray", origin="lower", extent=extent)
left = np.ones((rows, cols), bool)
shown = []
for reason, (word, colour) in WORDS.items():
    here = left & ((hazards.reasons & reason) != 0)
    left &= ~here
    if here.any():
        rgba = np.zeros((rows, cols, 4))
        rgba[here] = *plt.matplotlib.colors.to_rgb(colour), 0.45
        top.imshow(rgba, origin="lower", extent=extent)
        shown.append(
            plt.Rectangle((0, 0), 1, 1, color=colour, alpha=0.6, label=f"{word} {here.mean():.0%}")
        )
way = landing.telemetry[landing.telemetry["height_m"] < 110.0]
top.plot(*way["est_r_site"][:, :2].T, "w", lw=2.5)
top.plot(*way["est_r_site"][:, :2].T, "#0072b2", lw=1.2)
for k, each in enumerate(scan.sites):
    words = {"color": "w", "fontweight": "bold", "ha": "center", "va": "center"}
    top.text(each.east_m, each.north_m, str(k + 1), **words)
top.plot(scan.chosen.east_m, scan.chosen.north_m, "o", ms=16, mfc="none", mec="w", mew=2)
top.set(xlim=extent[:2], ylim=extent[2:])
top.set(xlabel="east of the target, m", ylabel="north of the target, m")
figure.legend(handles=shown, loc="outside lower center", ncols=6, fontsize=8)
out = np.hypot(*(way["r_site"][:, :2] - way["r_site"][-1, :2]).T)
for phase in np.unique(way["phase"]):
    part = way["phase"] == phase
    side.plot(out[part], way["height_m"][part], lw=2, label=landing.phases[phase].name)
side.set(xlabel="horizontal distance to the place of rest, m", ylabel="height of the base, m")
side.legend()
plt.show()
