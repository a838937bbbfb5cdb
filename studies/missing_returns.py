"""Flies Chang'e 6 with returns missing: `python studies/missing_returns.py --flights 24`.

At random in each frame, at places of 0.1 m on the ground that stay dark in every frame, and in
patches of 0.8 m. Prints for each share how many flights were safe, the looks they took, and how
many took the least bad cell; the table is in decision 046.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from farside.flight import land
from farside.mission import Mission, load_mission

SHARES = (0.05, 0.1, 0.3)
KINDS = {
    "in each frame": "dropout_share",
    "places of 0.1 m": "glint_share",
    "patches of 0.8 m": "dark_share",
}


def with_share(mission: Mission, key: str, share: float) -> Mission:
    """Return the mission with a share of its returns missing."""
    lidar = replace(mission.sensors.lidar, **{key: share})
    return replace(mission, sensors=replace(mission.sensors, lidar=lidar))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Fly with returns missing.")
    parser.add_argument("--flights", type=int, default=24)
    parser.add_argument("--seed", type=int, default=7000, help="of the first flight")
    given = parser.parse_args()
    shipped = load_mission("chang-e-6")
    cases = [("as shipped", shipped)]
    cases += [
        (f"{100 * share:g} % {kind}", with_share(shipped, key, share))
        for kind, key in KINDS.items()
        for share in SHARES
    ]
    print(f"{'missing':28s} safe  looks  most  least bad  propellant [kg]")
    for name, mission in cases:
        flown = [land(mission, seed=given.seed + n, cameras=False) for n in range(given.flights)]
        looks = [each.site.scans for each in flown]
        least_bad = sum(each.site.least_bad for each in flown)
        print(
            f"{name:28s} {sum(each.safe for each in flown):3d}/{given.flights:d}"
            f"  {np.mean(looks):5.2f}  {max(looks):4d}  {least_bad:9d}"
            f"  {np.median([each.propellant_kg for each in flown]):8.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
