"""Hazard avoidance: lidar points or a map in, a decision out.

The decision says which site to land on and at what heading, from where to scan again, or that the
lander has to land where it hovers. Inputs are the navigation estimate, the points or the map in the
site axes of that estimate, and the mission; nothing of a simulator is needed:

>>> import numpy as np
>>> from farside.avoidance import HazardAvoidance, HoverEstimate
>>> from farside.mission import load_mission
>>> avoidance = HazardAvoidance(load_mission("chang-e-6"))
>>> east, north = np.meshgrid(np.arange(-28.0, 28.0, 0.12), np.arange(-32.0, 32.0, 0.12))
>>> points = np.stack([east, north, 0.02 * east], axis=-1).reshape(-1, 3)
>>> points[np.hypot(points[:, 0], points[:, 1]) < 1.0, 2] += 0.6  # a rock under the lander
>>> estimate = HoverEstimate(r_site=(0.0, 0.0, 102.0), v_site=(0.0, 0.0, 0.0), mass_kg=1900.0)
>>> decision = avoidance.step(estimate, points)
>>> decision.reason.name, decision.final, round(decision.site.slope_deg, 1)
('ACCEPTED', True, 1.1)

`decision.target_site` and `decision.heading_rad` are what `farside.guidance.Autopilot.retarget`
takes. `docs/integrate/avoidance.md` has the inputs, frames and units.
"""

from farside.avoidance.decision import Decision, DecisionReason, Estimate, HoverEstimate
from farside.avoidance.divert_cost import DivertCost
from farside.avoidance.executive import HazardAvoidance
from farside.avoidance.scanning import ScanResult

__all__ = [
    "Decision",
    "DecisionReason",
    "DivertCost",
    "Estimate",
    "HazardAvoidance",
    "HoverEstimate",
    "ScanResult",
]
