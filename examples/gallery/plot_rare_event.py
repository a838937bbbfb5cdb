"""
A tank that runs dry once in a hundred thousand flights
=======================================================

How much propellant must be set aside for braking, so that it fails to suffice in one flight of
10^5? Plain draws would need ten million samples to say so within a tenth. Subset simulation walks
to the tail level by level, and says how sure it is.
"""

import matplotlib.pyplot as plt
import numpy as np

from farside.campaign.rare import rare_probability
from farside.guidance import BrakingGate, BrakingStart, Thrust, optimal_braking
from farside.mission import load_mission

mission = load_mission("chang-e-6")
spread, motor = mission.dispersions, mission.vehicle.engine
sigmas = [spread.mass_percent, spread.thrust_percent, spread.isp_percent, spread.velocity_mps]
SIGMA = np.array([each.three_sigma / 3.0 for each in sigmas])
GATE = BrakingGate(2500.0, 0.0, -30.0, 35.0)
START_M = mission.orbit.pdi_altitude_m - mission.site.elevation_m


def propellant(u):
    """Return the least propellant [kg] of standard normals (N, 4)."""
    used = []
    for mass, thrust, isp, along in u * SIGMA:
        full_n = motor.thrust_max_n * (1.0 + thrust / 100.0)
        engine = Thrust(motor.thrust_min_n, full_n, motor.isp_s * (1.0 + isp / 100.0) * 9.80665)
        start = BrakingStart(
            (0.0, 0.0, START_M), (mission.orbit.pdi_speed_mps + along, 0.0, 0.0),
            mission.vehicle.descent_mass_kg * (1.0 + mass / 100.0), engine,
            radius_m=1737400.0 + mission.site.elevation_m,
        )  # fmt: skip
        used.append(optimal_braking(start, GATE).propellant_kg)
    return np.array(used)


# %%
# A margin below zero is a failure: here braking that takes more than 1702 kg.

ALLOWED_KG = 1702.0
found = rare_probability(lambda u, streams: ALLOWED_KG - propellant(u), 4, samples=1000, seed=3)
plain = propellant(np.random.default_rng(0).standard_normal((10_000, 4)))
print(f"plain draws: {np.sum(plain > ALLOWED_KG)} of {len(plain)} above {ALLOWED_KG:.0f} kg")
print(f"subset simulation: {found.probability:.1e}, 95 % {found.low:.1e} to {found.high:.1e}, "
      f"{found.evaluations} evaluations")  # fmt: skip
levels = np.linspace(0.0, 22.0, 120)
tail = np.array([found.below(each) for each in levels])
limit = np.interp(-5.0, np.log10(tail), levels)
print(f"one flight in 1e5 takes more than {ALLOWED_KG - limit:.1f} kg")

# %%
# Right, the samples of all levels: they move towards heavy landers with a weak specific impulse,
# which is how braking comes to be dear.

figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.0), layout="constrained")
left.semilogy(
    ALLOWED_KG - levels, tail, color="#d55e00", label=f"subset, {found.evaluations} samples"
)
ordered = np.sort(plain)[::-1]
left.semilogy(ordered, np.arange(1, len(plain) + 1) / len(plain), ".", ms=3,
              label=f"plain, {len(plain)} samples")  # fmt: skip
left.errorbar(ALLOWED_KG, found.probability,
              yerr=[[found.probability - found.low], [found.high - found.probability]],
              fmt="o", color="#d55e00", capsize=4)  # fmt: skip
left.axhline(1e-5, color="k", lw=0.6, ls=":")
left.set(xlabel="propellant of braking, kg", ylabel="probability of taking more", ylim=(1e-7, 1.2),
         xlim=(1680.0, 1706.0))  # fmt: skip
left.legend(loc="lower left")
dots = right.scatter(found.u[:, 0] * SIGMA[0], found.u[:, 2] * SIGMA[2], s=4,
                     c=ALLOWED_KG - found.margins, cmap="inferno")  # fmt: skip
right.set(xlabel="mass, % off nominal", ylabel="specific impulse, % off nominal")
figure.colorbar(dots, ax=right, label="propellant of braking, kg")
plt.show()
