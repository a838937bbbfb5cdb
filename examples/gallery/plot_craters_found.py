"""
Craters of a descent image against those that are there
=======================================================

The crater detector gets one grey image and nothing else; it finds the Sun from the shading. Since
the ground is drawn by law, the craters that are truly in the picture are known, and the finds can
be held against them.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Circle, Ellipse

from farside.ground import Ground
from farside.mission import load_mission
from farside.mission.camera import Camera
from farside.sensors.camera import take_picture
from farside.sensors.viewpoint import Pose
from farside.vision import find_craters

HEIGHT_M = 2000.0
ground = Ground(load_mission("chang-e-6"), seed=3)
camera = Camera(name="lcam", pixels=(512, 512))
pose = Pose(r_site=(0.0, 0.0, HEIGHT_M), q_site_body=(1.0, 0.0, 0.0, 0.0))
picture = take_picture(ground, camera, pose, (-0.85, 0.25, 0.45), key=7, number=0)
truth = picture.truth()
found = find_craters(picture.image)
sure = found.confidence > 0.6
print(f"{len(found)} found, {sure.sum()} with a confidence above 0.6")
print(f"the Sun: {found.sun.azimuth_deg:.1f} deg clockwise from the upper edge")

# %%
# Every pixel knows the ground that it shows, so true rims are laid into the image by a fit of
# pixels to places. A true crater counts as found where a find has its middle within half its
# radius and a size within a factor of two.

rows, cols = np.mgrid[0:512:16, 0:512:16]
seen = np.column_stack(
    [truth.u_m[rows, cols].ravel(), truth.v_m[rows, cols].ravel(), np.ones(rows.size)]
)
to_pixel = np.linalg.lstsq(seen, np.column_stack([cols.ravel(), rows.ravel()]), rcond=None)[0]
u, v = truth.u_m[256, 256], truth.v_m[256, 256]
listed = ground.craters(float(u), float(v), 1000.0)
places = np.column_stack([listed["u_m"], listed["v_m"], np.ones(len(listed))]) @ to_pixel
radii = 0.5 * listed["diameter_m"] * np.sqrt(abs(np.linalg.det(to_pixel[:2])))
inside = ((places > 4.0) & (places < 508.0)).all(axis=1)
sizes, shares = [8.0, 12.0, 16.0, 24.0, 40.0, 100.0], []
for least, most in pairwise(sizes):
    chosen = inside & (2.0 * radii >= least) & (2.0 * radii < most)
    apart = np.hypot(places[chosen, :1] - found.x_px, places[chosen, 1:] - found.y_px)
    ratio = found.semi_major_px / radii[chosen, None]
    hit = (apart < 0.5 * radii[chosen, None]) & (ratio > 0.5) & (ratio < 2.0)
    shares.append((hit & sure).any(axis=1).mean())
    print(
        f"{least:3.0f} to {most:3.0f} px: {chosen.sum():3d} there, {shares[-1]:.0%} found and sure"
    )

figure, (left, right) = plt.subplots(1, 2, figsize=(10.0, 4.9), layout="constrained")
for panel in (left, right):
    panel.imshow(picture.image, cmap="gray")
    panel.set(xlabel="column, pixel", xlim=(0, 511), ylim=(511, 0))
for (x, y), radius in zip(places[inside], radii[inside], strict=True):
    if radius > 6.0:
        left.add_patch(Circle((x, y), radius, fill=False, ec="#56b4e9", lw=0.9))
for k in np.flatnonzero(sure & (found.semi_major_px > 6.0)):
    right.add_patch(Ellipse((found.x_px[k], found.y_px[k]), 2 * found.semi_major_px[k],
                            2 * found.semi_minor_px[k], angle=found.angle_deg[k], fill=False,
                            ec="#f0e442", lw=0.9))  # fmt: skip
left.set(title="drawn by the ground, 12 px and wider", ylabel="row, pixel")
right.set(title="found in the image, 12 px and wider")
plt.show()
