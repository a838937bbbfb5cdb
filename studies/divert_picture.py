"""Draw docs/pictures/divert-map.png: what every cell of 800 x 800 m would cost to reach.

    python studies/divert_picture.py [picture]

The ground is that of the Chang'e 6 base with its synthetic detail; the lander is 2 km up, 600 m
aside, at 36 m/s, and has 112.5 kg of propellant left. Takes ten seconds, most of them the ground's.
"""

import sys
from pathlib import Path

import numpy as np

from farside.ground import Ground
from farside.guidance.divert import DivertMap, divert_map
from farside.guidance.divert_march import DivertState
from farside.guidance.optimal import Thrust
from farside.mission import load_mission
from farside.report.divert import draw_divert
from farside.terrain import Assessment, ElevationMap, HazardLimits, LanderFootprint, assess

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "divert-map.png"
PLACE_M = (-260.0, -280.0)  # east and north of the site: the boldest relief within 3.5 km
SIDE = 800  # cells of a metre
SEED = 7
TANK_KG = 112.5  # propellant left


def scene() -> tuple[DivertMap, Assessment]:
    """Make the ground, assess it, and find what every cell costs."""
    mission = load_mission("chang-e-6")
    ground = Ground(mission, seed=SEED)
    at = np.arange(SIDE) - 0.5 * (SIDE - 1)
    heights = ground.height(*ground.arcs_of(*np.meshgrid(PLACE_M[0] + at, PLACE_M[1] + at)))
    elevation = ElevationMap.from_array(
        heights - np.median(heights), 1.0, east_m=at[0], north_m=at[0]
    )
    limits = HazardLimits(mission.hazards.slope_deg, mission.hazards.obstacle_m)
    assessment = assess(elevation, LanderFootprint.of(mission), limits)
    state = DivertState(
        (600.0, 150.0, 2000.0),
        (-20.0, 5.0, -30.0),
        2500.0,
        Thrust(1500.0, 7500.0, 310.0 * 9.80665),
        dry_mass_kg=2500.0 - TANK_KG,
    )
    return divert_map(state, elevation), assessment


def main(path: Path) -> None:
    """Draw it."""
    divert, assessment = scene()
    spare_kg = TANK_KG - float(divert.cost.min())
    sites = assessment.sites(5, separation_m=240.0, cost=divert.cost, cost_scale=spare_kg)
    draw_divert(divert, assessment, sites).savefig(path, metadata={"Software": None})
    print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE)
