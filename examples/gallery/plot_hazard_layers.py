"""
From heights to the odds of a landing
=====================================

Fifty metres of synthetic ground at the Chang'e 6 site, seen through 2 cm of noise: slope and
roughness under the lander's disc, and the probability that a landing aimed there is safe, over
the places that the legs and the navigation error may bring it to.
"""

import matplotlib.pyplot as plt
import numpy as np

from farside.ground import Ground
from farside.mission import load_mission
from farside.terrain import (
    ElevationMap,
    HazardLimits,
    LanderFootprint,
    Sensing,
    TouchdownDispersion,
    assess,
)

CELL_M, SIGMA_M = 0.2, 0.02
mission = load_mission("chang-e-6")
ground = Ground(mission, seed=5)
at = np.arange(-25.0, 25.0, CELL_M)
heights = ground.height(*ground.arcs_of(*np.meshgrid(at, at)))
heights -= np.median(heights)
noise = np.random.default_rng(1).normal(0.0, SIGMA_M, heights.shape)
elevation = ElevationMap.from_array(heights + noise, CELL_M, east_m=at[0], north_m=at[0])

# %%
# One call makes all layers. The limits are the mission's: slope of the ground, and height of what
# stands out of it.

limits = HazardLimits(mission.hazards.slope_deg, mission.hazards.obstacle_m)
found = assess(
    elevation,
    LanderFootprint.of(mission),
    limits,
    sensing=Sensing(sigma_m=SIGMA_M),
    dispersion=TouchdownDispersion(0.3, 0.3),
)
print(f"limits: {limits.slope_deg} deg, {limits.roughness_m} m")
print(f"more likely safe than not: {(found.probability > 0.5).mean():.1%} of the cells")
print(f"safe enough for the mission to aim at: {found.safe.mean():.1%}")
site = found.sites(1)[0]
print(
    f"best site: east {site.east_m:.1f} m, north {site.north_m:.1f} m, p = {site.probability:.4f}"
)

# %%
# White is the rim, where the footprint would leave the map. The red lines in the two fields are
# the limits. The ring is the best site.

probability = np.where(np.isnan(found.slope_deg), np.nan, found.probability)
layers = [
    ("height, m", heights, "gray", None, None),
    ("slope under the disc, deg", found.slope_deg, "cividis", 16.0, limits.slope_deg),
    ("roughness under the disc, m", found.roughness_m, "cividis", 0.4, limits.roughness_m),
    ("probability of a safe landing", probability, "RdYlBu", 1.0, None),
]  # fmt: skip
figure, panels = plt.subplots(
    2, 2, figsize=(8.6, 7.6), layout="constrained", sharex=True, sharey=True
)
for panel, (words, field, colours, most, limit) in zip(panels.flat, layers, strict=True):
    shown = panel.imshow(field, cmap=colours, vmin=0.0 if most else None, vmax=most, origin="lower",
                         extent=(at[0], at[-1]) * 2)  # fmt: skip
    if limit:
        panel.contour(at, at, field, [limit], colors="#d62728", linewidths=0.6)
    panel.plot(site.east_m, site.north_m, "o", mfc="none", mec="#e7298a", ms=11, mew=2)
    panel.set_title(words)
    figure.colorbar(shown, ax=panel, shrink=0.85)
for panel in panels[1]:
    panel.set_xlabel("east, m")
for panel in panels[:, 0]:
    panel.set_ylabel("north, m")
plt.show()
