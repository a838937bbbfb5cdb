"""
Apollo 11 and its redesignations
================================

The lunar module of Apollo 11 braked, pitched over, and was flown long past a crater and its boulders.
The mission file holds its published state at initiation, its phases and what the crew asked for.
"""

import matplotlib.pyplot as plt
import numpy as np

import farside

landing = farside.land("apollo-11", seed=1, cameras=False)
print(landing.outcome, f"{landing.duration_s:.0f} s, {landing.propellant_left_kg:.0f} kg left")
for gate in landing.gates:
    print(gate)
print(landing.plan.redesignations if hasattr(landing.plan,'redesignations') else 0)
