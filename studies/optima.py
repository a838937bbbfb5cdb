"""Published and computed optima of powered descent, and ours: rows for docs/validation.md."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from farside.guidance import (
    Limits,
    SolverOptions,
    Thrust,
    constrained_descent,
    optimal_descent,
    plan_braking,
)
from farside.mission import SiteFrame, load_mission

#: Six canted engines of 3100 N between 30 and 80 %, 225 s (Acikmese & Ploen 2007).
CANT = float(np.cos(np.radians(27.0)))
MARS = Thrust(0.3 * 18600.0 * CANT, 0.8 * 18600.0 * CANT, 225.0 * 9.807 * CANT)
MOON = Thrust(1500.0, 7500.0, 310.0 * 9.80665)
TCST = Thrust(4800.0, 19200.0, 2000.0)


def propellants_kg() -> dict[str, float]:
    """Solve the anchors of docs/sources.md; propellant by anchor [kg]."""
    mars, moon = ((0.0, 0.0, -3.7114), (0.0, 0.0, -1.625))
    first = ((2000.0, 0.0, 1500.0), (100.0, 0.0, -75.0), 1905.0, MARS)
    fourth = ((2000.0, 500.0, 1500.0), (100.0, 0.0, -75.0), 1905.0, MARS)
    sixth = ((450.0, -330.0, 2400.0), (-40.0, 10.0, -10.0), 2000.0, TCST)
    seventh = ((2000.0, 0.0, 1500.0), (80.0, 30.0, -75.0), 1905.0, MARS)
    eighth = ((600.0, 150.0, 2000.0), (-20.0, 5.0, -30.0), 2500.0, MOON)
    steep, low = Limits(4.0, 40.0), Limits(4.0)
    return {
        "A1": optimal_descent(*first, gravity_mps2=mars).propellant_kg,
        "A2": constrained_descent(
            *first, limits=low, gravity_mps2=mars, options=SolverOptions(81.0, intervals=82)
        ).propellant_kg,
        "A4": constrained_descent(
            *fourth, limits=low, gravity_mps2=mars, options=SolverOptions(intervals=54)
        ).propellant_kg,
        "A6": optimal_descent(*sixth, gravity_mps2=(0.0, 0.0, -3.71)).propellant_kg,
        "A7": constrained_descent(
            *seventh, limits=steep, gravity_mps2=mars, options=SolverOptions(intervals=100)
        ).propellant_kg,
        "A8": optimal_descent(*eighth, gravity_mps2=moon).propellant_kg,
    }


def braking_kg(name: str) -> float:
    """Plan a mission's braking from 15 km above its site; its propellant [kg].

    That is the problem which the costates solved; the mission starts 15 km above the mean sphere.
    """
    mission = load_mission(name)
    site = mission.site
    low = replace(mission.orbit, pdi_altitude_m=15000.0 + site.elevation_m)
    mission = replace(mission, orbit=low)
    frame = SiteFrame(site.latitude_deg, site.longitude_deg, site.radius_m)
    return plan_braking(mission, frame).propellant_kg
