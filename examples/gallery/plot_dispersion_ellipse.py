"""
Where a hundred landings come down
==================================

Surveyor 1 had no map and no camera: it landed where its burn left it. One hundred dispersed
flights, the ellipses that hold so many of the next ones, and percentiles of the speed at contact
with their bounds of 95 % confidence.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Ellipse

import farside
from farside.campaign.statistics.dispersion import disperse
from farside.campaign.statistics.percentile import percentile

FLIGHTS = 100


def fly(run):
    """Return place and speed at contact alone: a landing holds telemetry and ground, 65 MB."""
    landing = farside.land("surveyor-1", run=run, imaging=False, cameras=False)
    return *landing.telemetry["r_site"][-1, :2], -landing.touchdown.vertical_speed_mps


flown = np.array([fly(run) for run in range(FLIGHTS)])
places, speed = flown[:, :2], flown[:, 2]
found = disperse("the target", *places.T)
print(f"mean {found.east_m:.0f} m east, {found.north_m:.0f} m north; "
      f"1 sigma {found.sigma_east_m:.0f} and {found.sigma_north_m:.0f} m")  # fmt: skip
for each in found.ellipses:
    print(f"{each.content:.1%} ellipse: {each.major_m:.0f} x {each.minor_m:.0f} m if normal; "
          f"it holds {each.enclosed.count} of {each.enclosed.of} flights")  # fmt: skip

# %%
# Solid ellipses suppose a normal distribution; dashed ones hold that share of all flights to come
# with 95 % confidence, whatever the distribution. For 99.7 % a hundred flights are too few to
# say.

figure, (top, right) = plt.subplots(1, 2, figsize=(9.5, 4.4), layout="constrained")
top.plot(*places.T, ".", color="#555555")
for k, each in enumerate(found.ellipses):
    for major, minor, style in (
        (each.major_m, each.minor_m, "-"),
        (each.bound_major_m, each.bound_minor_m, "--"),
    ):
        if np.isfinite(major):
            # the major axis stands east of north; patches turn from east
            top.add_patch(Ellipse((found.east_m, found.north_m), 2 * major, 2 * minor, ls=style,
                                  angle=90.0 - found.azimuth_deg, fill=False, ec=f"C{k}", lw=1.3,
                                  label=f"{each.content:.1%}" if style == "-" else None)
            )  # fmt: skip
top.plot(0.0, 0.0, "k+", ms=12)
top.set(xlabel="east of the target, m", ylabel="north of the target, m", aspect="equal",
        xlim=(-180, 180), ylim=(-180, 180))  # fmt: skip
top.legend(loc="upper right")
ordered = np.sort(speed)
right.step(ordered, np.arange(1, FLIGHTS + 1) / FLIGHTS * 100.0, where="post")
for k, percent in enumerate((50.0, 90.0, 95.0)):
    told = percentile(ordered, percent)
    print(
        f"{percent:.0f} % of the speeds are below {told.value:.3f} m/s "
        f"({told.low:.3f} to {told.high:.3f})"
    )
    right.errorbar(told.value, percent, xerr=[[told.value - told.low], [told.high - told.value]],
                   fmt="o", color=f"C{k + 1}", capsize=4)  # fmt: skip
right.set(
    xlabel="vertical speed at contact, m/s down", ylabel="flights at or below, %", ylim=(0, 102)
)
plt.show()
