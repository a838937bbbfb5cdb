"""How the ground gives way under a pad: `[regolith]`."""

from dataclasses import dataclass
from typing import Annotated

from farside.mission.bounds import Doc, NonNegative, Positive, Within
from farside.mission.reader import Table


@dataclass(frozen=True, kw_only=True)
class Regolith(Table):
    """Bearing strength by sinkage z under a pad of radius b: p = (k_c/b + k_phi) z^n (Bekker).

    With the defaults 0.8 kPa at 1 mm and 41 kPa at 5 cm; Surveyor found 2 and 55 kPa (SOURCEBOOK).
    """

    rigid: Annotated[bool, Doc("the ground does not yield at all")] = False
    cohesive_npm2: Annotated[
        NonNegative, Doc("k_c, per m^n for n other than 1", "SOURCEBOOK: 0.14 N/cm^2")
    ] = 1400.0
    frictional_npm3: Annotated[
        Positive, Doc("k_phi, the same", "SOURCEBOOK: 0.82 N/cm^3, from Apollo's rover")
    ] = 820e3
    exponent: Annotated[float, Within(least=0.5, most=2.0), Doc("n", "SOURCEBOOK")] = 1.0

    def bearing(self, pad_radius_m: float) -> float:
        """Return the force that bears a pad at 1 m of sinkage [N/m^n]; 0 of rigid ground."""
        if self.rigid:
            return 0.0
        area = 3.141592653589793 * pad_radius_m * pad_radius_m
        return area * (self.cohesive_npm2 / pad_radius_m + self.frictional_npm3)
