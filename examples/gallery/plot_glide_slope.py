"""
Descents that keep a glide slope
================================

The cheapest way to a site may pass close over the ground before it. A glide slope holds the
lander above a cone over the site, and a limit on tilt keeps the site in the sensors' sight; both
cost propellant. This is how much.
"""

import matplotlib.pyplot as plt
import numpy as np

from farside.guidance import Limits, SolverStatus, Thrust, constrained_descent

engine = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
r_site, v_site, mass_kg = (1800.0, 0.0, 450.0), (-60.0, 0.0, -15.0), 2500.0
cases = [(None, 90.0), (6.0, 90.0), (12.0, 90.0), (12.0, 40.0)]

# %%
# The status tells a solved problem from one without a solution. The bound comes from the dual
# problem: no descent within the limits can use less.

figure, (ways, tilts) = plt.subplots(1, 2, figsize=(9.5, 3.8), layout="constrained")
for k, (glide_deg, tilt_deg) in enumerate(cases):
    limits = Limits(glide_slope_deg=glide_deg, tilt_deg=tilt_deg)
    plan = constrained_descent(r_site, v_site, mass_kg, engine, limits)
    words = f"glide slope {glide_deg or 'none'}, tilt to {tilt_deg:.0f} deg"
    print(
        f"{words:22} {plan.status.name:10} {plan.propellant_kg:.2f} kg, least {plan.bound_kg:.2f}"
    )
    if plan.status is not SolverStatus.SOLVED:
        continue
    t = np.linspace(0.0, plan.time_s, 400)
    r, _, thrust = plan.fly(t)
    ways.plot(r[:, 0], r[:, 2], color=f"C{k}", label=f"{words}: {plan.propellant_kg:.1f} kg")
    size = np.linalg.norm(thrust, axis=1)
    tilts.plot(t, np.degrees(np.arccos(thrust[:, 2] / size)), color=f"C{k}")
    if glide_deg:
        ways.plot(
            [0.0, 1800.0], [0.0, 1800.0 * np.tan(np.radians(glide_deg))], ":", color=f"C{k}", lw=0.8
        )
ways.set(xlabel="east of the site, m", ylabel="height above the site, m", ylim=(0.0, None))
ways.legend(fontsize=8)
tilts.set(xlabel="time from the decision, s", ylabel="tilt of the thrust, deg")
plt.show()
