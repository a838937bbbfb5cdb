"""How a lander finds itself on an onboard map, by cameras or altimeter: `[terrain_navigation]`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from farside.mission.bounds import Azimuth, Doc, NonNegative, Slug, Within
from farside.mission.reader import Table

Metres = Annotated[float, Within(least=0.0, most=1e6)]
Period = Annotated[float, Within(least=0.05, most=600.0)]
Sigma = Annotated[float, Within(least=0.0, most=10000.0)]
Elevation = Annotated[float, Within(least=3.0, most=90.0)]


@dataclass(frozen=True, kw_only=True)
class OrbiterMap(Table):
    """The onboard map: what an orbiter would have given of the ground, with its own errors.

    It is made once for a flight. Its levels have postings of 51.2 m over the last 150 km of the
    track, 12.8 m over the last 30 km and 3.2 m over the last 4.5 km, as far as resolution_m has any
    use for them.
    """

    resolution_m: Annotated[
        float,
        Within(least=3.2, most=120.0),
        Doc("finest detail of its heights and images", "an orbiter's stereo: 6 to 120 m"),
    ] = 12.0
    registration_m: Annotated[
        tuple[Sigma, Sigma, Sigma],
        Doc("common shift against the Moon: east, north, up, 1 sigma", "LROC NAC's ties to LOLA"),
    ] = (20.0, 20.0, 10.0)
    height_sigma_m: Annotated[Sigma, Doc("noise of its heights, 1 sigma", "Mars 2020: 3.8 m")] = 4.0
    albedo_sigma: Annotated[
        float,
        Within(least=0.0, most=0.5),
        Doc("noise of its albedo, as a share, 1 sigma", "a guess"),
    ] = 0.03
    sun_azimuth_deg: Annotated[
        Azimuth, Doc("of the Sun over the images that the albedo was made from", "a guess")
    ] = 90.0
    sun_elevation_deg: Annotated[Elevation, Doc("of that Sun", "a guess")] = 45.0


@dataclass(frozen=True, kw_only=True)
class ProfileNavigation(Table):
    """The altimeter's ranges of the last kilometres laid onto the onboard map: a place in the dark.

    Needs no camera. Off unless every_s says otherwise; docs/terrain-profile.md says how good it is.
    """

    every_s: Annotated[
        float, Within(least=0.0, most=600.0), Doc("from one attempt to the next; 0: none", "none")
    ] = 0.0
    dark_s: Annotated[
        float,
        Within(least=0.0, most=600.0),
        Doc("only where no image has been believed for so long", "five images that fail"),
    ] = 20.0
    track_s: Annotated[
        float,
        Within(least=5.0, most=300.0),
        Doc("of ranges, at most", "100 km at the start of braking, 20 km at its end"),
    ] = 60.0
    search_m: Annotated[
        float,
        Within(least=100.0, most=10000.0),
        Doc(
            "searched about the estimate beyond what it is unsure by, 1 sigma",
            "ours: an error that nobody knows of is found",
        ),
    ] = 500.0
    sigma_most_m: Annotated[
        Metres, Doc("a place of less than this on its worse axis counts", "ours: the filter weighs")
    ] = 100.0
    height_least_m: Annotated[NonNegative, Doc("no attempt below", "ours: the approach")] = 1500.0
    computing_s: Annotated[
        float,
        Within(least=0.0, most=5.0),
        Doc("last range to the place in the filter", "0.15 s on one core, the rest spare"),
    ] = 0.5


@dataclass(frozen=True, kw_only=True)
class MapImages(Table):
    """Images that are matched with the onboard map: whose, how often and from where on."""

    rules: ClassVar = ("heights", "named")

    cameras: Annotated[
        tuple[Slug, ...], Doc("names of the cameras whose images are matched with the map")
    ] = ()
    every_s: Annotated[Period, Doc("from one image to the next", "a map made every 4 s drifts")] = (
        4.0
    )
    search_every_s: Annotated[
        Period, Doc("the same while the place is unsure by search_sigma_m", "Mars 2020: 1 s")
    ] = 1.0
    search_sigma_m: Annotated[
        Metres, Doc("1 sigma of the place across the line of sight", "a large patch's reach")
    ] = 60.0
    computing_s: Annotated[
        float,
        Within(least=0.0, most=5.0),
        Doc("image aboard to matches in the filter", "0.3 s on one core, the rest spare"),
    ] = 0.5
    arc_most_m: Annotated[
        Metres, Doc("to the site, from which on images are taken", "as far as the map reaches")
    ] = 140e3
    height_least_m: Annotated[
        NonNegative, Doc("no image below", "the map's finest level has 3 m a cell")
    ] = 400.0
    height_most_m: Annotated[NonNegative, Doc("no image above", "30 m a pixel")] = 25000.0

    def heights(self) -> Iterator[tuple[str, str]]:
        """Yield heights the wrong way round."""
        if not self.height_least_m < self.height_most_m:
            yield (
                "height_least_m",
                f"{self.height_least_m:g} is not below height_most_m, {self.height_most_m:g}; "
                "lower it",
            )

    def named(self) -> Iterator[tuple[str, str]]:
        """Yield a camera that is named twice."""
        for name in sorted({name for name in self.cameras if self.cameras.count(name) > 1}):
            yield "cameras", f"{name} is named twice; remove one"


@dataclass(frozen=True, kw_only=True)
class CraterNavigation(MapImages):
    """Craters of images found among those of the onboard map: a second kind of landmark.

    Off unless cameras are named. They replace the correlation of patches where
    `terrain_navigation.cameras` names none, and accompany it otherwise: then neither kind is
    believed where the two disagree.
    """

    height_least_m: Annotated[
        NonNegative, Doc("no image below", "too few craters that a map of 12 m resolves")
    ] = 1000.0
    lost_sigma_m: Annotated[
        Metres,
        Doc(
            "1 sigma of the place beyond which it is found from nothing, by triads",
            "docs/crater-flights.md: 13 images of 14 have a fix with the estimate",
        ),
    ] = 2000.0
    lost_after: Annotated[
        int,
        Within(least=1, most=1000),
        Doc("images on end without a fix: the next is looked for by triads", "ours"),
    ] = 3
    patches_every_s: Annotated[
        float,
        Within(least=0.0, most=600.0),
        Doc(
            "from one image for patches to the next while craters are believed; 0: as of "
            "terrain_navigation.every_s",
            "ours: both kinds at the full rate",
        ),
    ] = 0.0


@dataclass(frozen=True, kw_only=True)
class TerrainNavigation(MapImages):
    """Images laid onto the onboard map, from the last part of braking on.

    Each image goes to the camera that looks most nearly straight down. Needs `[[sensors.camera]]`.
    """

    map: OrbiterMap = field(default_factory=OrbiterMap)
    profile: ProfileNavigation = field(default_factory=ProfileNavigation)
    craters: CraterNavigation = field(default_factory=CraterNavigation)
