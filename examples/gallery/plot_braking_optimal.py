"""
Braking against the optimum
===========================

How much propellant does a flown braking phase lose against the best that its engine could do? The
lander of Chang'e 6 brakes by prediction and keeps thrust in hand for what it does not know. The
optimum from the same state to the same gate burns at full thrust along Lawden's primer.
"""

import matplotlib.pyplot as plt
import numpy as np

import farside
from farside.guidance import BrakingGate, BrakingStart, Thrust, optimal_braking

landing = farside.land("chang-e-6", nominal=True, imaging=False, cameras=False)
rows = landing.telemetry
end_s = landing.phases[1].start_s  # braking is the first phase
lit = int(np.argmax(rows["thrust_n"] > 0.0))
flown = rows[lit : np.searchsorted(rows["tick"], round(end_s * 100))]
radius_m = landing.radius_m

# %%
# The gate is what the flight reached: altitude, and the speeds up and along. The range is left
# free, for an optimum would have begun elsewhere.


def polar(r_site, v_site):
    """Return altitude [m], arc to the site [m], and speeds up and along [m/s]."""
    from_centre = r_site + np.array([0.0, 0.0, radius_m])
    distance = np.linalg.norm(from_centre, axis=-1)
    up = np.sum(from_centre * v_site, axis=-1) / distance
    along = np.sqrt(np.maximum(np.sum(v_site**2, axis=-1) - up**2, 0.0))
    arc = radius_m * np.arctan2(np.hypot(r_site[..., 0], r_site[..., 1]), from_centre[..., 2])
    return distance - radius_m, arc, up, along


altitude, arc, up, along = polar(flown["r_site"], flown["v_site"])
motor = landing.plan.vehicle.engine
engine = Thrust(motor.thrust_min_n, motor.thrust_max_n, motor.isp_s * 9.80665)
start = BrakingStart(
    flown["r_site"][0], flown["v_site"][0], flown["mass_kg"][0], engine, radius_m=radius_m
)
gate = BrakingGate(altitude[-1], 0.0, up[-1], along[-1])
best = optimal_braking(start, gate)
way = best.fly(np.linspace(0.0, best.duration_s, 400))
best_altitude, best_arc, best_up, best_along = polar(way[:, :3], way[:, 3:6])
used = flown["mass_kg"][0] - flown["mass_kg"][-1]
seconds = (flown["tick"] - flown["tick"][0]) / 100.0
print(f"flown   {used:7.1f} kg in {seconds[-1]:5.1f} s")
print(f"optimum {best.propellant_kg:7.1f} kg in {best.duration_s:5.1f} s")
print(f"flown over the optimum: {used / best.propellant_kg - 1.0:.2%}")

# %%
# The optimum is shorter, for it uses all of the thrust all of the time.

figure, (side, throttle) = plt.subplots(1, 2, figsize=(9.0, 3.6), layout="constrained")
side.plot(along / 1e3, altitude / 1e3, label="flown")
side.plot(best_along / 1e3, best_altitude / 1e3, "--", label="optimum")
side.set(xlabel="speed along the ground, km/s", ylabel="altitude above the site, km")
side.invert_xaxis()
side.legend()
throttle.plot(seconds, flown["thrust_n"] / engine.full_n, label="flown")
throttle.hlines(1.0, 0.0, best.duration_s, "C1", "--", label="optimum")
throttle.set(xlabel="time from ignition, s", ylabel="thrust, share of full", ylim=(0.0, 1.08))
throttle.legend(loc="lower left")
plt.show()
