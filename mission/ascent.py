"""The ascent stage that a lander carries: `[vehicle.ascent]`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from farside.mission.bounds import Delay, Doc, Inertia, Positive, Within
from farside.mission.reader import Table

Altitude = Annotated[float, Within(above=0.0, most=1e6, what="the mean sphere of 1737.4 km")]


@dataclass(frozen=True, kw_only=True)
class Ascent(Table):
    """A stage of its own for the way up, or out of a descent; without it the descent stage serves.

    Its engine burns at one thrust, once.
    """

    rules: ClassVar = ("fuelled", "apsides")

    mass_kg: Annotated[Positive, Doc("at its ignition, all that it lifts")]
    propellant_kg: Annotated[Positive, Doc("of it, for its engine")]
    thrust_n: Annotated[Positive, Doc("of its engine, not throttled")]
    isp_s: Annotated[Positive, Doc("specific impulse, of 9.80665 m/s^2")]
    delay_s: Annotated[Delay, Doc("descent engine's end to its ignition, staging between")]
    com_height_m: (
        Annotated[
            Positive,
            Doc(
                "of its centre of mass above the plane of the lander's footpads",
                "half a metre above that of the dry lander",
            ),
        ]
        | None
    ) = None
    inertia_full_kgm2: (
        Annotated[
            Inertia,
            Doc(
                "moments about body x, y, z, full",
                "those of the dry lander, in proportion to the mass to the power of 5/3",
            ),
        ]
        | None
    ) = None
    inertia_dry_kgm2: (
        Annotated[Inertia, Doc("the same, dry", "those when full, in proportion to the mass")]
        | None
    ) = None
    rise_s: Annotated[Delay, Doc("straight up first, from the ground", "0: it pitches at once")] = (
        0.0
    )
    periapsis_altitude_m: Annotated[Altitude, Doc("of its planned orbit, above the mean sphere")]
    apoapsis_altitude_m: Annotated[Altitude, Doc("the same of the apoapsis")]

    def fuelled(self) -> Iterator[tuple[str, str]]:
        """Yield more propellant than mass."""
        if self.propellant_kg >= self.mass_kg:
            yield (
                "propellant_kg",
                f"{self.propellant_kg:g} is not below mass_kg, {self.mass_kg:g}; lower it",
            )

    def apsides(self) -> Iterator[tuple[str, str]]:
        """Yield apsides the wrong way round."""
        if self.periapsis_altitude_m > self.apoapsis_altitude_m:
            yield (
                "periapsis_altitude_m",
                f"{self.periapsis_altitude_m:g} is above apoapsis_altitude_m, "
                f"{self.apoapsis_altitude_m:g}; lower it",
            )
