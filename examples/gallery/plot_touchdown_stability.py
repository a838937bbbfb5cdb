"""
How fast, how steep: the limits of a touchdown
==============================================

The true lander of Chang'e 6 is dropped on slopes with more and more speed along them, legs
crushing and pads sliding, until it rests or tips. The map says which touchdowns it survives.
"""

import matplotlib.pyplot as plt
import numpy as np

from farside.dynamics import PlantModel, build_vehicle
from farside.dynamics.site_gravity import moon_numbers
from farside.ground import GroundModel
from farside.mission import SiteFrame, load_mission

mission = load_mission("chang-e-6")
vehicle, site = build_vehicle(mission), mission.site
frame = SiteFrame(site.latitude_deg, site.longitude_deg, 1737400.0 + site.elevation_m)
mass_kg = 1.05 * mission.vehicle.dry_mass_kg
offset = [*vehicle["com_offset_m"], mission.vehicle.com_height_m(mass_kg)]
pads = np.array(vehicle["point_base_m"]).reshape(-1, 3)[: mission.vehicle.legs.count] - offset
DOWN_MPS, HALF_M = 2.5, 100
at = np.arange(-HALF_M, HALF_M + 1.0)


def drop(slope_deg, across_mps):
    """Drop upright onto a plane that falls to the east; its tilt at rest [deg], or NaN."""
    gradient = -np.tan(np.radians(slope_deg))
    ground = GroundModel(frame.radius_m, frame.radius_m, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    heights = np.ascontiguousarray(np.broadcast_to(gradient * at, (len(at), len(at))), np.float32)
    top = float(heights.max())
    blocks = np.full((-(-len(at) // 8),) * 2, top, np.float32)
    ground.set_grid("patch", heights, blocks, top, -HALF_M, -HALF_M, 1.0)
    start = float((pads[:, 0] * gradient - pads[:, 2]).max()) + 0.02
    state = {"r_site": [0.0, 0.0, start], "v_site": [across_mps, 0.0, -DOWN_MPS],
             "q_site_body": [1.0, 0.0, 0.0, 0.0], "omega_body": [0.0] * 3,
             "mass_kg": mass_kg}  # fmt: skip
    model = PlantModel(vehicle, moon_numbers(frame), ground, state)
    for _ in range(400):  # a tenth of a second each
        model.step(0.0, np.zeros(3), 10)
        _, x, y, _ = model.plant["state"]["q_site_body"]
        tilt = np.degrees(np.arccos(np.clip(1.0 - 2.0 * (x * x + y * y), -1.0, 1.0)))
        if model.plant["at_rest"] or model.plant["lost"] or tilt > 60.0:
            break
    return tilt if model.plant["at_rest"] and tilt < slope_deg + 15.0 else np.nan


# %%
# It stands if it comes to rest within 15 degrees of the slope's own tilt. Speeds count downhill,
# to the east; below zero the lander moves uphill as it touches down. The ground is a plane
# without a stone: on the steepest slopes a fast lander may slide for tens of metres and stand all
# the same.

slopes, speeds = np.arange(0.0, 24.1, 2.0), np.arange(-4.0, 4.01, 0.5)
tilts = np.array([[drop(slope, speed) for slope in slopes] for speed in speeds])
stood = np.isfinite(tilts)
for k in (0, len(speeds) // 2, len(speeds) - 1):
    lost = slopes[~stood[k]]
    words = (
        f"it no longer stands from {lost[0]:.0f} deg on" if len(lost) else "it stands on all slopes"
    )
    print(f"{speeds[k]:+.1f} m/s downhill: {words}")

figure, axes = plt.subplots(figsize=(7.2, 4.4), layout="constrained")
shown = axes.pcolormesh(slopes, speeds, tilts, shading="nearest", cmap="viridis")
axes.pcolormesh(slopes, speeds, np.where(stood, np.nan, 1.0), shading="nearest", cmap="Reds",
                vmin=0.0, vmax=1.6)  # fmt: skip
limits = mission.hazards.slope_deg, mission.touchdown.horizontal_speed_mps
axes.add_patch(
    plt.Rectangle((0.0, -limits[1]), limits[0], 2 * limits[1], fill=False, ec="w", lw=1.8)
)
axes.text(0.3, 0.0, "within the mission's limits", color="w", fontsize=8, va="center")
axes.set(xlabel="slope, deg", ylabel="speed downhill at contact, m/s",
         title=f"{DOWN_MPS} m/s down, upright; red: it does not stand")  # fmt: skip
figure.colorbar(shown, ax=axes, label="tilt at rest, deg")
plt.show()
