"""
Motion between two descent images
=================================

Without a map a camera still tells how the lander has moved: features of one image are found again
in the next. Two pictures half a second apart, the pairs that were kept, and the displacement with
what its covariance says.
"""

import matplotlib.pyplot as plt
import numpy as np

from farside.ground import Ground
from farside.mission import load_mission
from farside.mission.camera import Camera
from farside.sensors.camera import take_picture
from farside.sensors.viewpoint import Pose
from farside.vision import estimate_displacement, predicted_motion, track_features

ground, camera = Ground(load_mission("chang-e-6"), seed=1), Camera(name="lcam")
upright, sun_site = (1.0, 0.0, 0.0, 0.0), (0.57, 0.56, 0.60)
places = np.array([[0.0, 0.0, 400.0], [7.0, 3.0, 388.0]])  # m, East-North-Up at the site
first, second = (
    take_picture(ground, camera, Pose(tuple(place), upright), sun_site, key=7, number=number).image
    for number, place in enumerate(places)
)

# %%
# The navigator's estimate predicts the motion, here wrong by about a metre; its uncertainty sets
# how far is searched.

predicted = np.array([6.0, 3.4, -11.0])
motion = predicted_motion(camera, (upright, upright), predicted, places[0, 2],
                          displacement_sigma_m=1.0, height_sigma_m=2.0, relief_m=10.0)  # fmt: skip
tracks = track_features(first, second, camera, motion)
moved = estimate_displacement(tracks.pairs, camera.pinhole, motion, height_sigma_m=2.0)
true, sigma = places[1] - places[0], np.sqrt(np.diag(moved.covariance_m2))
print(f"{tracks.features} corners, {tracks.matches} matches, {len(tracks.pairs)} pairs kept")
for axis, was, said, found, one in zip(
    ("east", "north", "up"), true, predicted, moved.metres, sigma, strict=True
):
    print(
        f"{axis:5} true {was:6.2f} m, predicted {said:6.2f}, "
        f"found {found:7.3f} +- {one:.3f} (1 sigma)"
    )

# %%
# Arrows show where the features went, to scale. They point away from where the lander comes down.

figure, panels = plt.subplots(1, 2, figsize=(10.0, 4.9), layout="constrained")
pairs = tracks.pairs[:: max(1, len(tracks.pairs) // 250)]
flow = pairs["px_j"] - pairs["px_i"]
panels[0].imshow(first, cmap="gray")
shown = panels[0].quiver(*pairs["px_i"].T, *flow.T, np.hypot(*flow.T), angles="xy",
                         scale_units="xy", scale=1.0, cmap="plasma", width=0.004)  # fmt: skip
figure.colorbar(shown, ax=panels[0], label="moved by, pixel", shrink=0.8)
panels[0].set(xlabel="column, pixel", ylabel="row, pixel")
places_x = np.arange(3)
panels[1].axhline(0.0, color="k", lw=0.6)
panels[1].errorbar(
    places_x - 0.08, predicted - true, yerr=3.0, fmt="s", capsize=4, label="predicted"
)
panels[1].errorbar(places_x + 0.08, moved.metres - true, yerr=3.0 * sigma, fmt="o", capsize=4,
                   label="found in the images")  # fmt: skip
panels[1].set(xlabel="axis of the site frame", ylabel="error of the displacement, with 3 sigma, m",
              xlim=(-0.5, 2.5))  # fmt: skip
panels[1].set_xticks(places_x, ["east", "north", "up"])
panels[1].legend()
plt.show()
