"""Land Chang'e 6 in JSBSim, and say how it compares with our own flight.

pip install 'farside[jsbsim]'
python examples/jsbsim_landing.py [mission] [steps a second]
"""

import sys

import numpy as np

from farside.adapters.jsbsim.lander import land_in_jsbsim
from farside.flight.ideal import ideal_flight
from farside.mission import load_mission


def main(name: str = "chang-e-6", rate_hz: str = "100") -> None:
    """Fly the mission in both simulators and print both touchdowns."""
    mission = load_mission(name)
    theirs = land_in_jsbsim(mission, rate_hz=int(rate_hz), settle_s=5.0)
    ours = ideal_flight(mission)
    print(f"{mission.title}; JSBSim at {rate_hz} Hz, the autopilot at 100 Hz")
    print(f"{'':24}{'JSBSim':>12}{'ours':>12}{'difference':>12}")
    for label, a, b in (
        ("touchdown [s]", theirs.time_s, ours.time_s),
        ("propellant [kg]", theirs.propellant_kg, ours.propellant_kg),
        ("east of the site [m]", theirs.r_site[0], ours.r_site[0]),
        ("north of the site [m]", theirs.r_site[1], ours.r_site[1]),
        ("vertical speed [m/s]", theirs.v_site[2], ours.v_site[2]),
        (
            "horizontal speed [m/s]",
            float(np.hypot(*theirs.v_site[:2])),
            float(np.hypot(*ours.v_site[:2])),
        ),
    ):
        print(f"{label:24}{a:12.4f}{b:12.4f}{a - b:12.4f}")
    print(
        f"5 s later it stands on JSBSim's legs: {theirs.rest_tilt_deg:.3f} deg of tilt, "
        f"{theirs.rest_speed_mps:.1e} m/s"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
