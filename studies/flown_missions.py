"""Our values of the landings of studies/validation_missions.py, by the same keys."""

from __future__ import annotations

import math
from collections.abc import Callable

from studies.flown_values import Found, began
from studies.validation_missions import SUNS

from farside.flight import Landing, land
from farside.flight.landing import PhaseStart
from farside.mission import SiteFrame, load_mission
from farside.mission.ephemeris import sun_direction


def speed(start: PhaseStart) -> float:
    """Return the whole speed where a phase began [m/s]."""
    return math.hypot(start.vertical_speed_mps, start.horizontal_speed_mps)


def range_km(landed: Landing, row: int = 0) -> float:
    """Return the arc from a row of the telemetry to the touchdown target [km]."""
    east, north, up = (float(x) for x in landed.telemetry["r_site"][row])
    across = math.hypot(east, north)
    return 1e-3 * landed.radius_m * math.atan2(across, up + landed.radius_m)


def chang_e_3(landed: Landing) -> Found:
    """Return what stands beside Chang'e 3."""
    at = began(landed)
    return {
        "duration": landed.duration_s,
        "to-gate": at["adjust"].start_s,
        "range": range_km(landed),
        "propellant": landed.propellant_kg,
        "level": at["approach"].horizontal_speed_mps,
        "contact": -landed.touchdown.vertical_speed_mps,
        "gate": at["adjust"].altitude_m,
        "speed": speed(at["adjust"]),
        "upright": at["approach"].altitude_m,
        "hover": at["hover"].altitude_m,
        "slow": at["descend"].height_m,
        "off": at["fall"].height_m,
    }


def chang_e_5(landed: Landing) -> Found:
    """Return what stands beside Chang'e 5."""
    at, down = began(landed), landed.touchdown
    return {
        "duration": landed.duration_s,
        "propellant": landed.propellant_kg,
        "down": -down.vertical_speed_mps,
        "aside": down.horizontal_speed_mps,
        "tilt": down.tilt_deg,
        "rate": down.rate_dps,
        "gate": at["adjust"].altitude_m,
        "hover": at["hover"].altitude_m,
    }


def chandrayaan_3(landed: Landing) -> Found:
    """Return what stands beside Chandrayaan-3."""
    at = began(landed)
    return {
        "range": range_km(landed) - range_km(landed, round(100.0 * at["hold"].start_s)),
        "rough": at["hold"].start_s,
        "held": at["fine"].altitude_m,
        "held-across": at["fine"].horizontal_speed_mps,
        "held-down": at["fine"].vertical_speed_mps,
        "landed": landed.landed_mass_kg,
        "propellant": landed.propellant_kg,
        "duration": landed.duration_s,
        "gate": at["hold"].altitude_m,
        "gate-across": at["hold"].horizontal_speed_mps,
        "gate-down": at["hold"].vertical_speed_mps,
        "look": at["down"].height_m,
        "contact": -landed.touchdown.vertical_speed_mps,
    }


def blue_ghost(landed: Landing) -> Found:
    """Return what stands beside Blue Ghost."""
    braked = began(landed)["adjust"]
    return {
        "braking": braked.start_s,
        "duration": landed.duration_s,
        "last": landed.duration_s - braked.start_s,
        "gate": speed(braked),
        "contact": -landed.touchdown.vertical_speed_mps,
    }


def apollo(landed: Landing) -> Found:
    """Return what stands beside Apollo 12 and 15."""
    high = began(landed)["p64"]
    off = range_km(landed, round(100.0 * high.start_s))
    return {
        "high": high.start_s,
        "glide": math.degrees(math.atan2(high.altitude_m, 1e3 * off)),
        "duration": landed.duration_s,
        "contact": -landed.touchdown.vertical_speed_mps,
    }


def im_1(landed: Landing) -> Found:
    """Return what stands beside IM-1."""
    return {"duration": landed.duration_s, "contact": -landed.touchdown.vertical_speed_mps}


def slim(landed: Landing) -> Found:
    """Return what stands beside SLIM."""
    return {"duration": landed.duration_s, "hover": began(landed)["hover"].altitude_m}


def beresheet(landed: Landing) -> Found:
    """Return what stands beside Beresheet."""
    return {"off": began(landed)["fall"].height_m}


def surveyor(landed: Landing) -> Found:
    """Return what stands beside Surveyor 1."""
    at, retro = began(landed), landed.plan.vehicle.retro
    assert retro is not None
    burnt = landed.telemetry[round(100.0 * (retro.ignition_s + retro.burn_s))]
    return {
        "burnt": -float(burnt["v_site"][2]),
        "height": float(burnt["r_site"][2]),
        "landed": landed.landed_mass_kg,
        "contact": -landed.touchdown.vertical_speed_mps,
        "off": at["fall"].height_m,
    }


FLOWN: dict[str, Callable[[Landing], Found]] = {
    "chang-e-3": chang_e_3,
    "chang-e-5": chang_e_5,
    "chandrayaan-3": chandrayaan_3,
    "blue-ghost-m1": blue_ghost,
    "im-1": im_1,
    "slim": slim,
    "beresheet": beresheet,
    "apollo-12": apollo,
    "apollo-15": apollo,
    "surveyor-1": surveyor,
}
#: Of Apollo 12 no angle at the high gate is written down.
LEFT_OUT = ("apollo-12.glide", "apollo-12.contact")


def suns() -> Found:
    """Return elevations of the Sun [deg]."""
    found: Found = {}
    for name in SUNS:
        mission = load_mission(name)
        site = mission.site
        frame = SiteFrame(site.latitude_deg, site.longitude_deg, site.radius_m)
        found[f"{name}.sun"] = sun_direction(mission.epoch.landing_utc, frame).elevation_deg
    return found


def missions() -> Found:
    """Fly them all, nominal, and return what stands beside them."""
    found = suns()
    for name, values in FLOWN.items():
        landed = land(load_mission(name), nominal=True, cameras=False)
        found |= {f"{name}.{key}": value for key, value in values(landed).items()}
    return {key: value for key, value in found.items() if key not in LEFT_OUT}
