"""Land Chang'e 6 in Basilisk, with our autopilot as one of its modules.

Basilisk's own hub, tank and thruster effectors are flown; beside them stands a flight of our own
from the same start. Needs `pip install 'farside[basilisk]'`; give another mission as argument.
"""

import sys
import time

from farside.adapters.basilisk.lander import BasiliskLander
from farside.flight.ideal import ideal_flight
from farside.mission import load_mission

mission = load_mission(sys.argv[1] if len(sys.argv) > 1 else "chang-e-6")
lander = BasiliskLander(mission)
began = time.perf_counter()
theirs = lander.fly()
took = time.perf_counter() - began
ours = ideal_flight(mission)

print(mission.title)
print(f"{'':24}{'Basilisk':>12}{'ours':>12}{'apart':>10}")
for label, a, b in (
    ("touchdown [s]", theirs.time_s, ours.time_s),
    ("propellant [kg]", theirs.propellant_kg, ours.propellant_kg),
    ("east of the site [m]", theirs.r_site[0], ours.r_site[0]),
    ("north of the site [m]", theirs.r_site[1], ours.r_site[1]),
    ("vertical speed [m/s]", theirs.v_site[2], ours.v_site[2]),
):
    print(f"{label:24}{a:12.4f}{b:12.4f}{a - b:10.4f}")
print(f"{theirs.ticks / took:,.0f} steps of 10 ms a second, {theirs.ticks} in all")
