"""The relay satellite of a far-side landing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from farside.mission.bounds import Doc, Within
from farside.mission.lunar_orbit import LunarOrbit


@dataclass(frozen=True, kw_only=True)
class Relay(LunarOrbit):
    """A relay's orbit about the Moon at powered-descent initiation, against the lunar equator."""

    mask_deg: Annotated[
        float, Within(least=0.0, below=90.0), Doc("elevation it must stand above to be heard")
    ]
