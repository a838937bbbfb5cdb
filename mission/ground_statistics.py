"""The statistics of a mission's [ground]: fractal relief, craters, rocks."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from farside.ext.common import deterministic
from farside.mission.bounds import Doc, NonNegative, Positive, Rising, Within
from farside.mission.reader import Table

_FRACTAL = "height differences grow as distance to this power"
#: k of an exponential law where a file names neither a law nor its k.
DEFAULT_ABUNDANCE = 0.01

Depth = Annotated[float, Within(least=0.0, most=0.5)]
Diameter = Annotated[float, Within(least=0.1, most=50.0, what="a node of the ground")]
Buried = Annotated[float, Within(least=0.0, most=0.9)]
Axis = Annotated[float, Within(least=0.1, most=2.0)]


@dataclass(frozen=True, kw_only=True)
class GroundStatistics(Table):
    """Synthetic detail below the finest raster, within a radius of the site.

    The defaults are a mare or a smooth basin floor as landers choose them.
    """

    rules: ClassVar = ("law", "covered")

    radius_m: Annotated[
        float, Within(above=0.0, most=50e3), Doc("about the site", "a descent's last minutes")
    ] = 5000.0
    rock_law: (
        Annotated[
            Literal["exponential", "power"],
            Doc(
                "rocks by size: F(>=D) = k exp(-q D) of the area is under them; or "
                "N(>=D) = K D^-b per m^2, as Surveyor's counts are given",
                "exponential",
            ),
        ]
        | None
    ) = None
    rock_abundance: (
        Annotated[
            float,
            Within(least=0.0, below=0.5),
            Doc(
                "k of the exponential law: share of the ground under rocks",
                "0.01 where no law is named; Chang'e 3: 0.0125",
            ),
        ]
        | None
    ) = None
    rock_decay_per_m: (
        Annotated[
            float,
            Within(above=0.0, most=100.0),
            Doc(
                "q of the exponential law; Chang'e 3: 1.743",
                "1.79 + 0.152 / k, Golombek and Rapp's fit to the Viking sites on Mars: on the "
                "Moon far too few large rocks",
            ),
        ]
        | None
    ) = None
    rock_count_per_m2: (
        Annotated[
            float,
            Within(least=0.0, most=1.0),
            Doc("K of the power law: rocks of 1 m and more per m^2", "none"),
        ]
        | None
    ) = None
    rock_exponent: (
        Annotated[
            float,
            Within(above=0.0, most=6.0),
            Doc("b of the power law; Surveyor I, III, VI: 2.11, 2.56, 2.51", "none"),
        ]
        | None
    ) = None
    rock_diameter_m: Annotated[
        tuple[Diameter, Diameter],
        Rising(),
        Doc("smallest and largest rock drawn", "one node of the ground; six octaves"),
    ] = (0.1, 6.4)
    rock_axis_ratio: Annotated[
        tuple[Axis, Axis],
        Rising(),
        Doc("height over diameter of a whole rock, uniform between the two", "blocks; ours"),
    ] = (0.7, 1.0)
    rock_burial: Annotated[
        tuple[Buried, Buried],
        Rising(),
        Doc(
            "share of a rock's height that is in the ground, uniform between the two",
            "with rock_axis_ratio a mean height of 0.55 diameters above the ground",
        ),
    ] = (0.1, 0.6)
    rock_irregularity: Annotated[
        float,
        Within(least=0.0, most=0.3),
        Doc("most of the third and of the fifth harmonic of a rock's outline", "blocks; ours"),
    ] = 0.15
    rock_cluster_share: Annotated[
        float,
        Within(least=0.0, most=0.9),
        Doc(
            "share of the law's rocks that lie about fresh craters, the rest evenly: the law "
            "counts both",
            "ours",
        ),
    ] = 0.3
    rock_cluster_crater_m: Annotated[
        Positive, Doc("smallest crater that throws out rocks", "it reaches through the regolith")
    ] = 10.0
    crater_density: Annotated[
        NonNegative,
        Doc("N(>=D) = crater_density D^-2 per m^2 below the equilibrium diameter", "Trask, Gault"),
    ] = 0.079
    crater_age_ga: Annotated[
        float,
        Within(least=0.0, most=4.5),
        Doc("of the surface: Neukum's production above that diameter", "a mare"),
    ] = 3.5
    crater_depth_ratio: Annotated[
        tuple[Depth, Depth],
        Rising(),
        Doc("depth over diameter, uniform between the two", "degraded craters"),
    ] = (0.01, 0.12)
    crater_fresh_share: Annotated[
        float,
        Within(above=0.0, most=1.0),
        Doc("share of the craters, the youngest, that rocks still lie about", "ours"),
    ] = 0.1
    crater_ray_contrast: Annotated[
        float,
        Within(least=0.0, below=1.0),
        Doc("by how much ejecta and rocks of a fresh crater vary with azimuth", "rays; ours"),
    ] = 0.5
    hurst_regional: Annotated[
        float,
        Within(above=0.0, below=1.0),
        Doc(f"above 100 m; {_FRACTAL}", "stereo heights: 0.4-0.5"),
    ] = 0.5
    deviation_474_m: Annotated[
        NonNegative, Doc("height difference over 474 m, rms", "a basin floor; highlands have 30")
    ] = 10.0
    hurst_local: Annotated[
        float, Within(above=0.0, below=1.0), Doc("the same power below 100 m", "0.5-0.7 measured")
    ] = 0.7
    slope_5m_deg: Annotated[
        float,
        Within(least=0.0, below=45.0),
        Doc("slope over 5 m of the fractal part alone, rms", "a smooth floor"),
    ] = 2.0
    albedo_mean: Annotated[
        float,
        Within(least=0.02, most=0.5),
        Doc("normal albedo of the ground, mean", "the Moon's mean; maria 0.07, highlands 0.16"),
    ] = 0.12
    albedo_spread: Annotated[
        float,
        Within(least=0.0, most=0.5),
        Doc("its variation from 50 km down to the posting, rms, as a share", "ours"),
    ] = 0.1
    albedo_fresh_gain: Annotated[
        float,
        Within(least=0.0, most=2.0),
        Doc("share by which the freshest craters and their ejecta are brighter", "rays; ours"),
    ] = 0.4
    albedo_rock_ratio: Annotated[
        float,
        Within(least=0.5, most=3.0),
        Doc("albedo of rocks over that of the soil", "Surveyor's rocks, from memory"),
    ] = 1.3

    @property
    def rock_share(self) -> float:
        """Share of the ground under rocks, k of the exponential law."""
        return DEFAULT_ABUNDANCE if self.rock_abundance is None else self.rock_abundance

    def law(self) -> Iterator[tuple[str, str]]:
        """Yield a rock law without its parameters, or with another's."""
        own = {
            "exponential": ("rock_abundance",),
            "power": ("rock_count_per_m2", "rock_exponent"),
        }
        law = self.rock_law or "exponential"
        for key in own[law]:
            if self.rock_law is not None and getattr(self, key) is None:
                yield key, f'missing; rock_law = "{law}" needs it; add it'
                return
        other = "power" if law == "exponential" else "exponential"
        for key in (*own[other], *(("rock_decay_per_m",) if other == "exponential" else ())):
            if getattr(self, key) is not None:
                yield key, f'belongs to rock_law = "{other}"; name that law, or leave it out'
                return

    def covered(self) -> Iterator[tuple[str, str]]:
        """Yield a power law whose rocks lie on top of each other."""
        count, b = self.rock_count_per_m2, self.rock_exponent
        if self.rock_law != "power" or count is None or b is None:
            return
        least, most = self.rock_diameter_m
        # int of (pi D^2 / 4) K b D^-(b + 1) dD
        if abs(b - 2.0) < 1e-6:
            powers = deterministic.log(most / least)
        else:
            power_of = deterministic.power_of
            powers = (power_of(most, 2.0 - b) - power_of(least, 2.0 - b)) / (2.0 - b)
        share = 0.25 * math.pi * count * b * powers
        if share >= 0.5:
            yield (
                "rock_count_per_m2",
                f"{count:g} covers {share:.2g} of the ground with rocks where less than 0.5 is "
                "allowed; lower it, or raise the smallest rock_diameter_m",
            )
