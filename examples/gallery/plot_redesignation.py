"""
A crew moves the target: Apollo 12 and 15
=========================================

In the approach a crew saw the ground and moved the target: Conrad around a crater, Scott by
eighteen clicks of his hand controller, which also brought it nearer. The mission files hold the
moves that were published; here each flight is flown with and without them.
"""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

import farside

# %%
# Both are nominal flights, so that the move is all that differs. Places are turned into the
# track's own axes: along the azimuth of arrival, and to the right of it.

FLIGHTS = ("apollo-12", "apollo-15")
figure, panels = plt.subplots(2, 2, figsize=(9.5, 6.4), layout="constrained")
for (plan_view, side), name in zip(panels, FLIGHTS, strict=True):
    mission = farside.load_mission(name)
    for moves, words in (((), "as planned"), (mission.redesignations, "with the crew's move")):
        flown = replace(mission, redesignations=moves)
        landing = farside.land(flown, nominal=True, imaging=False, cameras=False)
        used = next(p.mass_kg for p in landing.phases if p.name == "p64") - landing.landed_mass_kg
        print(f"{name} {words:21} {landing.outcome}, {used:5.0f} kg from high gate on, "
              f"{landing.propellant_left_kg:4.0f} kg left")  # fmt: skip
        rows = landing.telemetry
        start_s = next(p.start_s for p in landing.phases if p.name == "p64")
        rows = rows[rows["tick"] >= 100 * start_s][::50]
        azimuth = np.radians(mission.orbit.arrival_azimuth_deg)
        along = rows["r_site"][:, 0] * np.sin(azimuth) + rows["r_site"][:, 1] * np.cos(azimuth)
        right = rows["r_site"][:, 0] * np.cos(azimuth) - rows["r_site"][:, 1] * np.sin(azimuth)
        (line,) = plan_view.plot(along / 1e3, right, label=words)
        plan_view.plot(along[-1] / 1e3, right[-1], "o", color=line.get_color())
        side.plot(along / 1e3, rows["r_site"][:, 2], color=line.get_color())
        moved = np.flatnonzero(np.any(np.diff(rows["target_site"], axis=0) != 0.0, axis=1))
        for k in moved:
            plan_view.plot(along[k] / 1e3, right[k], "kv", ms=6)
            side.plot(along[k] / 1e3, rows["r_site"][k, 2], "kv", ms=6, label="target moved")
            side.legend()
    plan_view.set(title=name, ylabel="right of the track, m", xlim=(-5.0, 1.0))
    side.set(ylabel="height above the site, m", xlim=(-5.0, 1.0), ylim=(0.0, 1800.0))
    plan_view.legend(loc="upper left")
for panel in panels[1]:
    panel.set_xlabel("along the track from the planned site, km")
plt.show()
