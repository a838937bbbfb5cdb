"""
An altimeter that fails on the way down
=======================================

What does the navigation filter do with an altimeter that lies? Three flights of Chang'e 6 with
the same seed: one sound, one whose altimeter reads 100 m too much from 600 s on, one whose
altimeter sticks at its last reading.
"""

import matplotlib.pyplot as plt
import numpy as np

import farside

CASES = {
    "sound": [],
    "bias of 100 m": ["altimeter bias 100 from 600 s"],
    "stuck": ["altimeter stuck from 600 s"],
}
flown = {
    words: farside.land("chang-e-6", seed=3, imaging=False, cameras=False, faults=faults)
    for words, faults in CASES.items()
}

# %%
# Errors of the altitude, the estimate less the truth, beside three sigma of the filter's own
# covariance. Red bars are the times in which the filter did not believe the altimeter. A bias
# that comes in one step is refused at first. But it does not go away, nothing else aboard tells
# the altitude as well, and the filter ends by believing it: the error is then far beyond its
# three sigma. A stuck altimeter is found out and stays out; the covariance grows meanwhile, as it
# should.

figure, panels = plt.subplots(3, 1, figsize=(9.0, 6.6), layout="constrained", sharex=True)
for panel, (words, landing) in zip(panels, flown.items(), strict=True):
    rows = landing.telemetry[: round(100 * landing.duration_s)]
    rows = rows[55000::20]
    seconds = rows["tick"] / 100.0
    error = rows["nav_r_site"][:, 2] - rows["r_site"][:, 2]
    sigma = np.sqrt(rows["nav_r_cov"][:, 5])  # of up with up
    panel.fill_between(seconds, -3.0 * sigma, 3.0 * sigma, color="#d5dde8", label="3 sigma")
    panel.plot(seconds, error, label="error")
    refused = [s for s in landing.health if s.unit == "altimeter" and s.from_s >= 600.0]
    for k, span in enumerate(refused):
        panel.axvspan(span.from_s, min(span.to_s, landing.duration_s), ymax=0.06, lw=0,
                      color="#d55e00", label=None if k else "altimeter not believed")  # fmt: skip
    panel.set(title=words, ylabel="altitude error, m", xlim=(550.0, seconds[-1]))
    first = f"first doubted at {refused[0].from_s:.2f} s" if refused else "never doubted"
    speed = -landing.touchdown.vertical_speed_mps
    print(f"{words:14} {landing.outcome}, safe: {landing.safe}, {speed:.2f} m/s down; "
          f"altimeter {first}; error up to {np.abs(error).max():.0f} m, "
          f"{np.abs(error / sigma).max():.1f} sigma")  # fmt: skip
    panel.legend(ncols=3, loc="upper left", fontsize=8)
panels[-1].set_xlabel("time from initiation, s")
plt.show()
