"""
What a metre of divert costs
============================

A lander that decides late pays more for the same metre. From five heights on the way down of a
Chang'e 6 class lander, this is the least propellant to a site so far aside, each value solved
with its certificate of optimality.
"""

import matplotlib.pyplot as plt
import numpy as np

from farside.guidance import Optimality, Target, Thrust, optimal_descent

ENGINE = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
MASS_KG = 2000.0
aside = np.arange(0.0, 2001.0, 25.0)


def cost(height_m, aside_m):
    """Return the least propellant [kg] to a site `aside_m` east; NaN where none is certified."""
    down = -min(40.0, np.sqrt(1.2 * height_m))  # m/s: the higher, the faster
    site = Target((aside_m, 0.0, 0.0))
    state = (0.0, 0.0, height_m), (0.0, 0.0, down)
    descent = optimal_descent(*state, MASS_KG, ENGINE, target=site)
    return descent.propellant_kg if descent.status is Optimality.OPTIMAL else np.nan


# %%
# On the left the divert alone: what the site straight below would have cost is taken off. On the
# right the reach: how far aside a given amount of spare propellant takes the lander; what is
# beyond 2 km is not drawn.

heights = (100.0, 200.0, 500.0, 1000.0, 2000.0)
spare = np.array([5.0, 10.0, 20.0, 40.0])
colours = plt.get_cmap("viridis")(np.linspace(0.0, 0.85, len(heights)))
figure, (left, right) = plt.subplots(1, 2, figsize=(9.0, 3.8), layout="constrained")
reach = np.empty((len(heights), len(spare)))
for k, height in enumerate(heights):
    extra = np.array([cost(height, each) for each in aside])
    extra -= extra[0]
    known = np.isfinite(extra)
    left.plot(aside, extra, color=colours[k], label=f"{height:.0f} m up")
    reach[k] = np.interp(spare, extra[known], aside[known], right=np.nan)
    first = np.interp(100.0, aside[known], extra[known])
    print(f"{height:5.0f} m up: the first 100 m aside cost {first:5.2f} kg")
left.set(xlabel="divert, m", ylabel="propellant beyond that of no divert, kg", ylim=(0.0, 80.0))
left.legend()
for k, kilograms in enumerate(spare):
    right.plot(heights, reach[:, k], "o-", color=f"C{k}", label=f"{kilograms:.0f} kg to spare")
right.set(xlabel="height of the decision, m", ylabel="reach, m", xscale="log", yscale="log")
right.grid(True, which="both", color="#e8e8e8")
right.legend()
plt.show()
