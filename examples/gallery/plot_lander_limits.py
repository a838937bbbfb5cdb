"""
Which limits would open the ground?
===================================

A lander team asks for legs that stand on more slope, or for more room under the belly. How much
more ground would that open? The share of safe footprints over all pairs of limits, on a smooth
plain and on rough highland, without noise.
"""

import matplotlib.pyplot as plt
import numpy as np

from farside.ground import Ground
from farside.mission import load_mission
from farside.terrain import ElevationMap, HazardLimits, map_hazards

SLOPES_DEG = np.linspace(1.0, 16.0, 61)
OBSTACLES_M = np.linspace(0.02, 0.6, 59)
at = np.arange(-60.0, 60.0, 0.25)

# %%
# Slope and roughness do not depend on the limits: they are mapped once, then counted.


def share_of(name):
    """Return the share of footprints (obstacle, slope) within both limits, and the plan."""
    mission = load_mission(name)
    ground = Ground(mission, seed=2)
    heights = ground.height(*ground.arcs_of(*np.meshgrid(at, at)))
    elevation = ElevationMap.from_array(heights - np.median(heights), 0.25)
    own = HazardLimits(mission.hazards.slope_deg, mission.hazards.obstacle_m)
    found = map_hazards(elevation, own, mission.hazards.footprint_m, 0.0)
    known = np.isfinite(found.slope_deg)
    counts, _, _ = np.histogram2d(
        found.roughness_m[known],
        found.slope_deg[known],
        bins=[np.r_[0.0, OBSTACLES_M], np.r_[0.0, SLOPES_DEG]],
    )
    return counts.cumsum(0).cumsum(1) / known.sum(), own


# %%
# The cross marks the mission's own limits. Where the lines run level, steeper legs gain nothing:
# the stones decide. Where they stand upright, the slope does.

figure, panels = plt.subplots(1, 2, figsize=(9.2, 3.9), layout="constrained", sharey=True)
for panel, name in zip(panels, ("chang-e-4", "chang-e-6"), strict=True):
    share, own = share_of(name)
    shown = panel.pcolormesh(SLOPES_DEG, OBSTACLES_M, share, vmin=0.0, vmax=1.0, shading="nearest")
    lines = panel.contour(SLOPES_DEG, OBSTACLES_M, share, [0.1, 0.3, 0.5, 0.7, 0.9], colors="w")
    panel.clabel(lines, fmt=lambda part: f"{part:.0%}", fontsize=8)
    panel.plot(own.slope_deg, own.roughness_m, "r+", markersize=12, markeredgewidth=2)
    panel.set(title=name, xlabel="slope that the legs allow, deg")
    row = np.argmin(abs(OBSTACLES_M - own.roughness_m))
    col = np.argmin(abs(SLOPES_DEG - own.slope_deg))
    higher = np.argmin(abs(OBSTACLES_M - own.roughness_m - 0.1))
    steeper = np.argmin(abs(SLOPES_DEG - own.slope_deg - 4.0))
    print(f"{name}: {share[row, col]:.1%} safe; {share[row, steeper]:.1%} with 4 deg more slope, "
          f"{share[higher, col]:.1%} with 10 cm more room")  # fmt: skip
panels[0].set_ylabel("obstacle under the belly, m")
figure.colorbar(shown, ax=panels, label="safe share of the footprints")
plt.show()
