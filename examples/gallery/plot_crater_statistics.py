"""
Craters and rocks of synthetic ground
=====================================

Ground finer than any elevation data is drawn by law: craters that have fallen since the surface
formed, as many as equilibrium lets stand, and rocks of two populations. Here the two are counted
in four seeds, on a square kilometre and on 36 hectares, and set beside the laws they were drawn
from.
"""

import matplotlib.pyplot as plt
import numpy as np

from farside.ground import Ground
from farside.ground.craters import cumulative, production
from farside.ground.rocks import RockLaw
from farside.mission import load_mission

mission = load_mission("chang-e-6")
statistics = mission.ground
grounds = [Ground(mission, seed=seed) for seed in range(4)]


def counted(lists, half_width_m, sizes):
    """Return the number of a size and more per m^2, over all lists."""
    found = np.sort(np.concatenate([each["diameter_m"] for each in lists]))
    area = len(lists) * (2.0 * half_width_m) ** 2
    return (len(found) - np.searchsorted(found, sizes)) / area


# %%
# Sizes below the smallest and above the widest that the mission draws are not there, and counts
# stop.

crater_m, rock_m = np.geomspace(1.0, 200.0, 60), np.geomspace(0.1, 6.0, 50)
craters = counted([each.craters(0.0, 0.0, 500.0) for each in grounds], 500.0, crater_m)
rocks = counted([each.rocks(0.0, 0.0, 300.0) for each in grounds], 300.0, rock_m)
law = RockLaw.of(statistics)
rock_law = np.array([law.cumulative(each) for each in rock_m])
print(f"craters of 10 m and more: {np.interp(10.0, crater_m, craters) * 1e6:.0f} per km^2")
print(f"rocks of 0.2 m and more: {np.interp(0.2, rock_m, rocks) * 1e4:.0f} per ha")

figure, (left, right) = plt.subplots(1, 2, figsize=(9.0, 3.9), layout="constrained")
left.loglog(crater_m, craters * 1e6, "o", markersize=3, label="counted")
age_ga = statistics.crater_age_ga
crater_law = cumulative(crater_m, age_ga, statistics.crater_density)
left.loglog(crater_m, crater_law * 1e6, label="law: what fell, up to equilibrium")
fell = production(crater_m, age_ga)
left.loglog(crater_m, fell * 1e6, ":", label=f"all that fell in {age_ga:g} Ga")
left.set(xlabel="rim diameter, m", ylabel="craters of this size and more, per km²", ylim=(0.5, 1e6))
right.loglog(rock_m, rocks * 1e4, "o", markersize=3, label="counted")
right.loglog(rock_m, rock_law * 1e4, label="law")
right.set(xlabel="rock diameter, m", ylabel="rocks of this size and more, per ha", ylim=(0.3, None))
for panel in (left, right):
    panel.legend()
plt.show()
