"""
Which error costs the propellant?
=================================

Before a campaign is flown, a global sensitivity analysis of the braking burn alone tells which
input deserves better knowledge. Mass, thrust, specific impulse and the state at initiation vary
as the mission file of Chang'e 6 says; each sample is an optimal braking, solved in half a
millisecond.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy import stats

from farside.guidance import BrakingGate, BrakingStart, Thrust, optimal_braking
from farside.mission import load_mission

mission = load_mission("chang-e-6")
spread, motor = mission.dispersions, mission.vehicle.engine
INPUTS = {
    "mass": spread.mass_percent,
    "thrust": spread.thrust_percent,
    "specific impulse": spread.isp_percent,
    "altitude": spread.position_m,
    "speed along": spread.velocity_mps,
    "speed up": spread.velocity_mps,
}
RADIUS_M = 1737400.0 + mission.site.elevation_m
GATE = BrakingGate(2500.0, 0.0, -30.0, 35.0)


def propellant(draws):
    """Return the least propellant [kg] of draws (6, N) in the inputs' own units."""
    used = []
    for mass, thrust, isp, altitude, along, up in draws.T:
        full_n = motor.thrust_max_n * (1.0 + thrust / 100.0)
        engine = Thrust(motor.thrust_min_n, full_n, motor.isp_s * (1.0 + isp / 100.0) * 9.80665)
        start = BrakingStart(
            (0.0, 0.0, mission.orbit.pdi_altitude_m - mission.site.elevation_m + altitude),
            (mission.orbit.pdi_speed_mps + along, 0.0, up),
            mission.vehicle.descent_mass_kg * (1.0 + mass / 100.0),
            engine,
            radius_m=RADIUS_M,
        )
        used.append(optimal_braking(start, GATE).propellant_kg)
    return np.array(used)


# %%
# First-order indices say what an input explains alone; total indices add what it does together
# with others. Where both agree there is next to no interaction. The bars are 95 % intervals of a
# bootstrap.

rng = np.random.default_rng(1)
normals = [stats.norm(0.0, each.three_sigma / 3.0) for each in INPUTS.values()]
found = stats.sobol_indices(func=propellant, n=512, dists=normals, rng=rng)
interval = found.bootstrap(0.95, n_resamples=200)
names, at = list(INPUTS), np.arange(len(INPUTS))
draws = np.array([each.rvs(1000, random_state=rng) for each in normals])
used = propellant(draws)
print(f"propellant of braking: {used.mean():.1f} kg, 1 sigma {used.std():.1f} kg")
for k, name in enumerate(names):
    print(f"{name:17} first {found.first_order[k]:6.3f}   total {found.total_order[k]:6.3f}")

figure, (bars, cloud) = plt.subplots(1, 2, figsize=(9.5, 3.9), layout="constrained")
for shift, value, bound, words in (
    (-0.18, found.first_order, interval.first_order.confidence_interval, "first order"),
    (0.18, found.total_order, interval.total_order.confidence_interval, "total"),
):
    error = np.maximum([value - bound.low, bound.high - value], 0.0)
    bars.barh(at + shift, value, 0.34, xerr=error, label=words, error_kw={"lw": 0.8})
bars.set_yticks(at, names)
bars.invert_yaxis()
bars.set(xlabel="Sobol index, share of the variance")
bars.legend(loc="lower right")
most = int(np.argmax(found.total_order))
shown = cloud.scatter(draws[most], used, c=draws[1], s=7, cmap="coolwarm")
cloud.set(xlabel=f"{names[most]}, % off nominal", ylabel="propellant of braking, kg")
figure.colorbar(shown, ax=cloud, label="thrust, % off nominal")
plt.show()
