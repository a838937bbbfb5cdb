"""
Does the filter know its own errors?
====================================

An estimate is worth what its covariance is worth. Over a handful of flights of Chang'e 6 the
errors of position, velocity and attitude are weighed by the covariance that the filter had at
that moment: the normalised estimation error squared (NEES). If the filter is consistent, its mean
is three, the number of states of a block.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import chi2

import farside
from farside.flight.consistency import errors_of_row

FLIGHTS, EPOCHS_S = 16, np.arange(10, 800, 20)
nees = {"position": [], "velocity": [], "attitude": []}
for run in range(FLIGHTS):
    landing = farside.land("chang-e-6", run=run, imaging=False, cameras=False)
    told = [errors_of_row(landing.telemetry[100 * epoch]).nees() for epoch in EPOCHS_S]
    for block, values in nees.items():
        values.append([each[block] for each in told])

# %%
# Thin lines are flights, the thick one is their mean, and the band is where the mean of so many
# independent flights lies in 95 of 100 cases. Flights to one site share their ground and gravity,
# so a mean may stay outside for a while; the page on consistency draws a place for each flight
# instead.

low, high = chi2.ppf([0.025, 0.975], 3 * FLIGHTS) / FLIGHTS
figure, panels = plt.subplots(3, 1, figsize=(9.0, 6.8), layout="constrained", sharex=True)
for panel, (block, values) in zip(panels, nees.items(), strict=True):
    each = np.array(values)
    mean = each.mean(axis=0)
    panel.axhspan(low, high, color="#d5dde8", label="95 % band of the mean")
    panel.semilogy(EPOCHS_S, each[0], color="#9a9a9a", lw=0.5, label="a flight")
    panel.semilogy(EPOCHS_S, each[1:].T, color="#9a9a9a", lw=0.5)
    panel.semilogy(EPOCHS_S, mean, color="#0072b2", lw=2.0, label="mean")
    panel.set(ylabel=f"NEES of {block}", ylim=(0.02, 40.0))
    inside = np.mean((mean > low) & (mean < high))
    print(f"{block:9} mean {each.mean():.2f}, inside the band at {inside:.0%} of the epochs, "
          f"worst single value {each.max():.1f}")  # fmt: skip
panels[0].legend(loc="lower left", ncols=3)
panels[-1].set_xlabel("time from initiation, s")
plt.show()
