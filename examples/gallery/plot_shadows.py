"""
What a landing camera sees as the Sun climbs
============================================

The same ground from 800 m up under three Suns. A low Sun makes craters and rocks easy to see and
hides what lies in their shadows; a high Sun leaves albedo and little relief. Pictures are
rendered with the detector's noise and with the truth of every pixel beside them.
"""

import matplotlib.pyplot as plt
import numpy as np

from farside.ground import Ground
from farside.mission import load_mission
from farside.mission.camera import Camera
from farside.sensors.camera import take_picture
from farside.sensors.viewpoint import Pose

HEIGHT_M, AZIMUTH_DEG = 800.0, 270.0  # the Sun in the west
ground = Ground(load_mission("chang-e-6"), seed=3)
camera = Camera(name="lcam", pixels=(512, 512))
upright = Pose(r_site=(0.0, 0.0, HEIGHT_M), q_site_body=(1.0, 0.0, 0.0, 0.0))

# %%
# Body x, which an upright lander points east, is at the top of the image. Light comes from below.

figure, panels = plt.subplots(1, 3, figsize=(10.0, 3.9), layout="constrained")
for panel, elevation_deg in zip(panels, (5.0, 15.0, 50.0), strict=True):
    azimuth, elevation = np.radians([AZIMUTH_DEG, elevation_deg])
    sun_site = (
        np.sin(azimuth) * np.cos(elevation),
        np.cos(azimuth) * np.cos(elevation),
        np.sin(elevation),
    )
    picture = take_picture(ground, camera, upright, sun_site, key=7, number=0)
    truth = picture.truth()
    grey = picture.image / (2.0**camera.bits - 1.0)
    panel.imshow(grey, cmap="gray", vmin=0.0, vmax=np.quantile(grey, 0.999))
    panel.set(title=f"Sun {elevation_deg:.0f}° high", xlabel="column, pixel")
    north = truth.points_site[..., 1]
    print(
        f"Sun {elevation_deg:2.0f} deg: {np.mean(truth.lit < 0.5):6.2%} in shadow, contrast "
        f"{grey.std() / grey.mean():.2f}, {np.ptp(north[256]):.0f} m across"
    )
panels[0].set_ylabel("row, pixel")
plt.show()
