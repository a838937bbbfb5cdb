"""How far a flight strays from nominal: one named distribution for each kind of error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from farside.mission.bounds import Doc, Within
from farside.mission.dispersed_keys import KeySpread
from farside.mission.reader import Table
from farside.mission.spread import Spread

#: A share in per cent may stray so far before a draw six sigma out would turn its sign [%].
PERCENT_MOST = 45.0
#: Longest that an ignition delay strays [s].
DELAY_MOST = 60.0
#: Most that the first attitude strays, each axis [deg].
ATTITUDE_MOST = 30.0
#: Most that the thrust points off body z [deg].
MISALIGNMENT_MOST = 10.0


NOTHING = Spread(three_sigma=0.0)


#: The defaults, normal: 3 sigma.
_POSITION_M, _VELOCITY_MPS = Spread(three_sigma=1000.0), Spread(three_sigma=3.0)
_KNOWN_M, _KNOWN_MPS = Spread(three_sigma=300.0), Spread(three_sigma=0.3)
_HALF_PERCENT, _PERCENT = Spread(three_sigma=0.5), Spread(three_sigma=1.0)

#: A coefficient of correlation: at its ends two errors would be one.
Coefficient = Annotated[float, Within(above=-1.0, below=1.0)]

_BUILT = "not dispersed unless given"
_UNPUBLISHED = "not dispersed unless given; 180 uniform where it is unknown"


@dataclass(frozen=True, kw_only=True)
class Dispersions(Table):
    """What strays, per axis where there are axes. Sensors' constant errors are in `sensors`.

    Each is drawn once for a flight, and independently of the others but for the two correlations.
    What has no key here is dispersed by its own key: `[[dispersions.keys]]`.
    """

    rules: ClassVar = ("shares", "delay", "correlated", "attitude", "aim")

    position_m: Annotated[
        Spread,
        Doc("true place at initiation off plan, east, north, up", "an orbit determined from Earth"),
    ] = _POSITION_M
    velocity_mps: Annotated[
        Spread,
        Doc("true velocity at initiation off plan, east, north, up", "1 km an orbit makes 1 m/s"),
    ] = _VELOCITY_MPS
    knowledge_position_m: Annotated[
        Spread, Doc("first estimate less true place, each axis", "optical or ground fix in orbit")
    ] = _KNOWN_M
    knowledge_velocity_mps: Annotated[
        Spread, Doc("first estimate less true velocity, each axis", "goes with 300 m")
    ] = _KNOWN_MPS
    knowledge_attitude_deg: Annotated[
        Spread, Doc("first attitude estimated less true, each body axis", _BUILT)
    ] = NOTHING
    radial_along_correlation: Annotated[
        Coefficient,
        Doc(
            "of true radial position with along-track velocity, and along-track with radial",
            "independent; near -1 for an orbit that was propagated",
        ),
    ] = 0.0
    knowledge_radial_along_correlation: Annotated[
        Coefficient, Doc("the same of first estimate less truth", "the same")
    ] = 0.0
    mass_percent: Annotated[Spread, Doc("descent mass, true over nominal", "gauging")] = (
        _HALF_PERCENT
    )
    thrust_percent: Annotated[Spread, Doc("thrust for a command", "engine acceptance")] = _PERCENT
    isp_percent: Annotated[Spread, Doc("specific impulse", "engine acceptance")] = _HALF_PERCENT
    com_offset_m: Annotated[
        Spread, Doc("centre of mass off the thrust axis, each of body x and y", _BUILT)
    ] = NOTHING
    com_height_m: Annotated[Spread, Doc("centre of mass above its nominal height", _BUILT)] = (
        NOTHING
    )
    inertia_percent: Annotated[Spread, Doc("each principal moment of inertia", _BUILT)] = NOTHING
    lag_percent: Annotated[Spread, Doc("the engine's time constant", _BUILT)] = NOTHING
    ignition_delay_s: Annotated[Spread, Doc("the engine's ignition delay", _BUILT)] = NOTHING
    relay_node_deg: Annotated[
        Spread, Doc("right ascension of the relay's ascending node; a halo has none", _UNPUBLISHED)
    ] = NOTHING
    relay_phase_deg: Annotated[Spread, Doc("the relay's phase_deg at initiation", _UNPUBLISHED)] = (
        NOTHING
    )
    thrust_misalignment_deg: Annotated[
        Spread, Doc("thrust off body z, about each of body x and y", _BUILT)
    ] = NOTHING
    thrust_offset_m: Annotated[
        Spread, Doc("thrust line off the geometric axis, each of body x and y", _BUILT)
    ] = NOTHING
    thruster_imbalance_percent: Annotated[
        Spread, Doc("a couple's two thrusts, difference over sum, each axis", _BUILT)
    ] = NOTHING
    terrain: Annotated[
        Literal["drawn", "fixed"],
        Doc("synthetic ground of each run its own, or that of run 0 for all", "runs independent"),
    ] = "drawn"
    keys: tuple[KeySpread, ...] = ()

    def shares(self) -> Iterator[tuple[str, str]]:
        """Yield shares that a draw could take below nothing."""
        for key in ("mass", "thrust", "isp", "inertia", "lag", "thruster_imbalance"):
            reach = getattr(self, f"{key}_percent").reach
            if reach > PERCENT_MOST:
                yield f"{key}_percent", f"{reach:g} must be at most {PERCENT_MOST:g}; lower it"

    def correlated(self) -> Iterator[tuple[str, str]]:
        """Yield correlations of what is not normal, or does not stray."""
        for stem in ("", "knowledge_"):
            key = f"{stem}radial_along_correlation"
            names = (f"{stem}position_m", f"{stem}velocity_mps")
            for name in names if getattr(self, key) else ():
                spread = getattr(self, name)
                if spread.distribution != "normal" or not spread.three_sigma:
                    yield key, f"{name} must be normal and more than 0 for it; give three_sigma"

    def delay(self) -> Iterator[tuple[str, str]]:
        """Yield delays that no engine has."""
        reach = self.ignition_delay_s.reach
        if reach > DELAY_MOST:
            yield "ignition_delay_s", f"{reach:g} must be at most {DELAY_MOST:g}; lower it"

    def attitude(self) -> Iterator[tuple[str, str]]:
        """Yield first attitudes that are none."""
        reach = self.knowledge_attitude_deg.reach
        if reach > ATTITUDE_MOST:
            yield (
                "knowledge_attitude_deg",
                f"{reach:g} must be at most {ATTITUDE_MOST:g}; lower it",
            )

    def aim(self) -> Iterator[tuple[str, str]]:
        """Yield thrust that points nowhere near body z."""
        reach = self.thrust_misalignment_deg.reach
        if reach > MISALIGNMENT_MOST:
            yield (
                "thrust_misalignment_deg",
                f"{reach:g} must be at most {MISALIGNMENT_MOST:g}; lower it",
            )
