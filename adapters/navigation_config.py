"""A mission's navigator as other programs get it: its constants, and where it begins as planned.

The C library's page of a mission (c/navigate.py), the FMU (fmi/export.py) and the UDP link carry
the same.
"""

from __future__ import annotations

from typing import Any

from farside.flight.assembly import onboard_map, site_frame
from farside.flight.inputs import nominal_inputs
from farside.flight.start import Start, start
from farside.ground import Ground
from farside.guidance import BrakingPlan
from farside.mission import FlightConfig, Mission
from farside.navigation import NavigationTable, initial_estimate, navigation_table


def planned_start(mission: Mission, plan: BrakingPlan) -> Start:
    """Return where powered descent is planned to begin, in the frame of the mission's own site.

    Parameters
    ----------
    mission : Mission
    plan : BrakingPlan
        Where braking is planned to begin.

    Returns
    -------
    Start
    """
    return start(mission, site_frame(mission), plan, nominal_inputs(mission))


def planned_navigator(
    mission: Mission, plan: BrakingPlan, *, flat: bool = False
) -> tuple[NavigationTable, dict[str, Any]]:
    """Return a mission's navigator at its planned start, in the frame of the mission's own site.

    Parameters
    ----------
    mission : Mission
    plan : BrakingPlan
        Where braking is planned to begin.
    flat : bool
        No onboard map: level ground.

    Returns
    -------
    table : NavigationTable
        With the onboard map of a flight, which is 0 at the site.
    first : dict
        The struct `InitialEstimate` by the names of its fields: known as well as the mission says.
    """
    config, planned = FlightConfig.of(mission), planned_start(mission, plan)
    state = (planned.r_site, planned.v_site, planned.q_site_body, planned.omega_body)
    first = initial_estimate(config, *state)
    if flat:
        return navigation_table(config, planned.r_site), first
    ground = Ground(mission)
    table = navigation_table(
        config,
        planned.r_site,
        onboard_map=onboard_map(ground),
        map_radius_m=ground.arcs.arc_m,
    )
    return table, first
