"""A solid motor that takes off most of the speed and is dropped: `[vehicle.retro]`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from farside.mission.bounds import Doc, Inertia, Positive, Within
from farside.mission.moon import STANDARD_GRAVITY_MPS2
from farside.mission.reader import Table

_TICK_HZ = 100.0
_Time = Annotated[float, Within(least=0.0, most=3600.0)]


@dataclass(frozen=True, kw_only=True)
class Retro(Table):
    """A motor of constant thrust beside the engine, lit by a clock, and dropped when burnt out.

    It is carried on top of `vehicle.descent_mass_kg`, pushes along the engine's axis through the
    centre of mass, and lasts propellant_kg isp_s 9.80665 / thrust_n seconds. A row of law hold as
    the first one keeps the attitude meanwhile.
    """

    rules: ClassVar = ("lasts",)

    thrust_n: Annotated[Positive, Doc("while it burns")]
    isp_s: Annotated[Positive, Doc("specific impulse, of 9.80665 m/s^2")]
    propellant_kg: Annotated[Positive, Doc("all of which burns")]
    case_kg: Annotated[Positive, Doc("that is dropped")]
    ignition_s: Annotated[_Time, Doc("since initiation")]
    drop_s: Annotated[_Time, Doc("after its burn-out")]
    inertia_kgm2: Annotated[
        Inertia, Doc("what it adds, loaded, to the moments about body x, y, z; goes with its mass")
    ]

    @property
    def loaded_kg(self) -> float:
        """Mass before it burns [kg]."""
        return self.propellant_kg + self.case_kg

    @property
    def burn_s(self) -> float:
        """How long it burns [s]."""
        return self.propellant_kg * self.isp_s * STANDARD_GRAVITY_MPS2 / self.thrust_n

    @property
    def gone_s(self) -> float:
        """When it is dropped, since initiation [s]."""
        return self.ignition_s + self.burn_s + self.drop_s

    def lasts(self) -> Iterator[tuple[str, str]]:
        """Yield a burn of less than a second, or of an hour."""
        if not 1.0 <= self.burn_s <= 3600.0:
            yield (
                "propellant_kg",
                f"{self.propellant_kg:g} burns for {self.burn_s:.3g} s at thrust_n and isp_s; "
                "give what burns for 1 to 3600 s",
            )


def retro_numbers(retro: Retro | None) -> dict[str, Any]:
    """Return a motor by the names of the C struct `Retro` (ext/common/retro.pxd); zeros for none.

    Parameters
    ----------
    retro : Retro or None

    Returns
    -------
    dict
        SI, times in ticks of 10 ms.
    """
    names = ("thrust_n", "propellant_kg", "case_kg", "lit_tick", "out_tick", "drop_tick")
    if retro is None:
        return {**dict.fromkeys(names, 0.0), "inertia": [0.0] * 3}
    lit = float(round(_TICK_HZ * retro.ignition_s))
    ticks = round(_TICK_HZ * retro.burn_s)
    out = lit + ticks
    return {
        # the same impulse in whole ticks
        "thrust_n": retro.thrust_n * retro.burn_s * _TICK_HZ / ticks,
        "propellant_kg": retro.propellant_kg,
        "case_kg": retro.case_kg,
        "inertia": list(retro.inertia_kgm2),
        "lit_tick": lit,
        "out_tick": out,
        "drop_tick": out + round(_TICK_HZ * retro.drop_s),
    }
