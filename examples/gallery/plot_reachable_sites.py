"""
The ground still within reach
=============================

Which cells can the lander still come to, and why not the others? Three moments of a descent over
the synthetic ground of the Chang'e 6 site: the tank, the ground on the way, a glide slope and the
tilt of the thrust each may take their part of the map.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

from farside.ground import Ground
from farside.guidance import DivertState, PathLimits, Reach, Thrust, divert_map
from farside.mission import load_mission
from farside.terrain import ElevationMap

ground = Ground(load_mission("chang-e-6"), seed=7)
side = np.arange(-600.0, 600.0, 8.0)
heights = ground.height(*ground.arcs_of(*np.meshgrid(side, side)))
elevation = ElevationMap.from_array(
    heights - np.median(heights), 8.0, east_m=side[0], north_m=side[0]
)
engine = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
limits = PathLimits(clearance_m=5.0, glide_slope_deg=12.0, tilt_deg=50.0)

# %%
# The lander comes from the east. What is left in the tank at each moment is what the straight way
# down uses, and 9 kg.

moments = [((500.0, 0.0, 1000.0), (-25.0, 0.0, -30.0)), ((250.0, 0.0, 500.0), (-14.0, 0.0, -20.0)),
           ((80.0, 0.0, 200.0), (-5.0, 0.0, -10.0))]  # fmt: skip
WORDS = {
    Reach.REACHED: ("reached", "#d9f0d3"), Reach.NOT_FOUND: ("no optimum", "#4d4d4d"),
    Reach.TANK_EMPTY: ("tank empty", "#f4a582"), Reach.NEAR_GROUND: ("near the ground", "#8c6d31"),
    Reach.SHALLOW: ("below the glide slope", "#92c5de"), Reach.TILTED: ("too tilted", "#c2a5cf"),
}  # fmt: skip
colours = ListedColormap([WORDS.get(each, ("", "white"))[1] for each in Reach])
figure, panels = plt.subplots(1, 3, figsize=(9.5, 3.9), layout="constrained", sharey=True)
met = set()
extent = (side[0] - 4.0, side[-1] + 4.0) * 2
for panel, (r_site, v_site) in zip(panels, moments, strict=True):
    full = divert_map(DivertState(r_site, v_site, 2000.0, engine), elevation)
    cheapest = np.nanmin(full.propellant_kg)
    state = DivertState(r_site, v_site, 2000.0, engine, dry_mass_kg=2000.0 - cheapest - 9.0)
    found = divert_map(state, elevation, limits=limits)
    panel.imshow(found.reach, cmap=colours, vmin=-0.5, vmax=len(Reach) - 0.5, origin="lower",
                 extent=extent)  # fmt: skip
    met |= set(found.reach.flat)
    reached = found.reach == Reach.REACHED
    kilograms = np.where(reached, found.propellant_kg - cheapest, np.nan)
    lines = panel.contour(side, side, kilograms, [1, 3, 6], colors="#1b7837", linewidths=0.8)
    panel.clabel(lines, fmt="+%g kg", fontsize=7)
    panel.plot(*r_site[:2], "k^", markersize=5)
    panel.set(title=f"{r_site[2]:.0f} m up", xlabel="east, m")
    area = reached.sum() * 64e-4
    print(
        f"{r_site[2]:5.0f} m up: {area:6.2f} ha within reach of {found.reach.size * 64e-4:.0f} ha"
    )
panels[0].set_ylabel("north, m")
keys = [plt.Rectangle((0, 0), 1, 1, facecolor=WORDS[each][1]) for each in WORDS if each in met]
words = [WORDS[each][0] for each in WORDS if each in met]
figure.legend(keys, words, loc="outside lower center", ncols=6, fontsize=8)
plt.show()
