"""A spacecraft in orbit that looks on at the landing: an orbiter, a small satellite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from farside.mission.bounds import Doc, Positive, Within
from farside.mission.lunar_orbit import LunarOrbit


@dataclass(frozen=True, kw_only=True)
class Observer(LunarOrbit):
    """Its orbit at powered-descent initiation, and the camera it could look on with."""

    mask_deg: Annotated[
        float, Within(least=0.0, below=90.0), Doc("elevation it must stand above to see the site")
    ] = 0.0
    pixel_urad: (
        Annotated[Positive, Doc("angle of a pixel of its camera", "no camera is told")] | None
    ) = None
    phase_known: Annotated[
        bool,
        Doc("false: node and phase are one case of many, and shares over all of them are told"),
    ] = True
