"""Autonomous lunar landing: hazards, site choice, powered-descent guidance and a truth to fly in.

    import farside

    landing = farside.land("chang-e-6", seed=7)
    print(landing.outcome, landing.safe, landing.propellant_kg)

land(mission, seed=0, ...)      fly a landing from powered-descent initiation to rest
load_mission(name_or_path)      read a mission: a shipped name or a TOML file
Autopilot(mission)              the flight side's guidance alone, for another simulator
Estimate(...)                   the state that an Autopilot flies by
FarsideError                    the base of every error that farside raises on purpose
__version__                     of the installed package

Packages: farside.mission, raster; terrain, navigation, guidance, avoidance (the flight side);
ground, dynamics, sensors (the truth); flight (the closed loop); survey, scenes, campaign, report,
adapters.
The command line is `farside`, or `python -m farside`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from farside.ext.common.errors import FarsideError
    from farside.flight.land import land
    from farside.flight.landing import Landing
    from farside.guidance import Autopilot, Estimate
    from farside.mission import Mission, load_mission

    __version__: str

__all__ = [
    "Autopilot",
    "Estimate",
    "FarsideError",
    "Landing",
    "Mission",
    "__version__",
    "land",
    "load_mission",
]

#: Where each name lives; imported on first use, so that `import farside` is fast.
_HOMES = {
    "Autopilot": "farside.guidance",
    "Estimate": "farside.guidance",
    "FarsideError": "farside.ext.common.errors",
    "Landing": "farside.flight",
    "Mission": "farside.mission",
    "land": "farside.flight",
    "load_mission": "farside.mission",
}


def __getattr__(name: str) -> Any:
    """Return a name of the public interface, imported on first use."""
    if name == "__version__":
        from farside.ext.common.version import version

        found: Any = version()
    elif name in _HOMES:
        found = getattr(import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module 'farside' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
