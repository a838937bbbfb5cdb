"""Terrain-relative navigation of one flight: images laid onto the onboard map, fixes given."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._records import TICK_S
from farside.flight.camera_place import place_of
from farside.flight.cameras import FlightCameras, Frame
from farside.flight.image_map import BuiltMap
from farside.flight.kinds import Kinds, MapPlace
from farside.flight.late import LateTask, symmetric, ticks_of
from farside.flight.looks import NO_OUTLINES, Doubt, Look, Use, made_small
from farside.flight.wiring import Flight
from farside.mission.camera import Camera
from farside.mission.terrain_navigation import MapImages
from farside.navigation import FixStatus, landmarks
from farside.vision.camera_check import WORTH
from farside.vision.crater_matcher import CraterMatcher
from farside.vision.trn import TrnMatcher
from farside.vision.trn_result import TrnCode, TrnResult
from farside.vision.view import CameraView

Array = NDArray[np.float64]

#: What became of matches that the filter was given.
SAYS = {
    FixStatus.FIX_TAKEN: "taken",
    FixStatus.FIX_OUTSIDE: "refused: outside the gate",
    FixStatus.FIX_FORGOTTEN: "refused: too late",
    FixStatus.FIX_UNFIT: "refused: no fix",
    FixStatus.FIX_NO_NAVIGATOR: "refused: the estimate is lost",
    FixStatus.FIX_SCATTERED: "refused: the matches scatter",
}
#: Share of the bias of an image that is as good as new in each: measured, docs/trn.md.
ANEW = 0.15
#: In a row's flags: a footpad's switch is closed.
CONTACT = 16
#: A view is laid onto the map where nadir is inside so much of the field of view.
SEEN_SHARE = 0.9


@dataclass(frozen=True, eq=False)
class Matched:
    """An image and its matches."""

    frame: Frame
    result: TrnResult
    view: CameraView
    """Where the estimate had the camera when the image was taken."""
    from_nothing: bool = False
    """Whether the place was found without that estimate's."""


def records_of(result: TrnResult, view: CameraView) -> NDArray[np.void]:
    """Return the matches of an image as the filter takes them.

    n matches of one image are worth WORTH, for neighbours share the map's errors; and light and map
    move all of them alike by a bias b, of which ANEW comes with each image. The rest stays for as
    long as the same ground is in view and is the map's registration for the filter. With

        sigma_i^2 = s_i^2 n / WORTH + n (ANEW b)^2

    their mean has the variance s^2 / WORTH + (ANEW b)^2. Each has the height's variance beside it:
    `farside.vision.camera_check.heights_variance`.
    """
    matches = result.matches
    count = len(matches)
    range_m = deterministic.lengths(matches["p_site"] - view.r_site)
    bias_px = ANEW * result.bias_m * view.pinhole.focal_px[0] / range_m
    shared = max(count / WORTH, 1.0)
    variance = matches["variance_px2"] * shared + count * bias_px * bias_px
    return landmarks(matches["p_site"], matches["px"], variance, result.height_m2)


class LandmarkFixes(LateTask[Matched]):
    """The images of one flight for terrain-relative navigation: a task of the loop.

    Parameters
    ----------
    flight : Flight
    cameras : FlightCameras
    built : BuiltMap
        The onboard map, and what it is off by.
    kinds : Kinds
        What landmarks of each kind say of the place.
    """

    use: ClassVar[Use] = Use.LANDMARKS

    def __init__(
        self, flight: Flight, cameras: FlightCameras, built: BuiltMap, kinds: Kinds
    ) -> None:
        super().__init__(flight)
        self._cameras, self._built, self._kinds = cameras, built, kinds
        self._settings = self._asked()
        self._numbers = [cameras.number_of(name) for name in self._settings.cameras]
        self._matchers = {
            number: self._matcher(flight.mission.sensors.camera[number]) for number in self._numbers
        }
        self._failed = 0  # images on end that the filter has not taken
        self.looks: list[Look] = []

    def _asked(self) -> MapImages:
        """Return the table of the mission that asks for the images."""
        return self._flight.mission.terrain_navigation

    def _matcher(self, camera: Camera) -> TrnMatcher | CraterMatcher:
        """Return what matches a camera's images with the map."""
        return TrnMatcher(self._built.image_map, camera)

    def _begin(self) -> None:
        """Take an image and match it, where one is of use."""
        row = self._flight.flown[-1]
        period_s = self._every_s()
        number = self._camera_for(row)
        if number is not None:
            self._look(number)
            if self._place_sigma_m(row) > self._settings.search_sigma_m:
                period_s = self._settings.search_every_s
        self._ask_after(period_s)

    def _camera_for(self, row: np.void) -> int | None:
        """Return the camera that looks most nearly straight down; None where none is of use."""
        settings, height_m = self._settings, self._height_m(row)
        if int(row["flags"]) & CONTACT or self._arc_m(row) > settings.arc_most_m:
            return None
        if not settings.height_least_m <= height_m <= settings.height_most_m:
            return None
        cosines = [self._cameras.nadir_cosine(number, row) for number in self._numbers]
        best = max(range(len(cosines)), key=lambda i: (cosines[i], -i))
        camera = self._flight.mission.sensors.camera[self._numbers[best]]
        reach = math.radians(0.5 * SEEN_SHARE * camera.field_of_view_deg)
        return self._numbers[best] if cosines[best] > deterministic.cos(reach) else None

    def _look(self, number: int) -> None:
        """Take an image, keep the pose, and match it."""
        if self._cameras.keep_pose() < 0:
            return
        frame = self._cameras.take(number)
        matched = self._match(frame, self._cameras.known_view(number, frame.row))
        late_s = frame.camera.latency_s + self._settings.computing_s
        self._hold(matched, late_s)
        if matched.result.code is TrnCode.FIX:
            due_tick = self._flight.loop.tick_count + ticks_of(late_s)
            self._kinds.say(self.use, self._placed(matched, due_tick))

    def _every_s(self) -> float:
        """Return the time from one image to the next where the place is known well [s]."""
        return self._kinds.patches_every_s(self._settings.every_s)

    def _match(self, frame: Frame, view: CameraView) -> Matched:
        """Match an image with the map where the estimate has the camera."""
        result = self._matchers[frame.number].match(
            frame.image, view, self._covariance(frame.row), self._cameras.sun_site
        )
        return Matched(frame, self._watched(frame.number, result), view)

    def _watched(self, number: int, result: TrnResult) -> TrnResult:
        """Refuse a fix of a camera that its images say is off: this one, or those before it.

        Matches that say nothing of their camera, as craters, go by what other images said.
        """
        if result.code not in (TrnCode.FIX, TrnCode.CAMERA):
            return result
        watch = self._cameras.watches[number]
        off = watch.off if result.check is None else watch.take(result.check)
        return replace(result, code=TrnCode.CAMERA) if off else result

    def _placed(self, matched: Matched, due_tick: int) -> MapPlace:
        """Return where a fix has the lander, known from a tick on."""
        row, result = matched.frame.row, matched.result
        moved = result.view.r_site - matched.view.r_site
        at_m = (np.array(row["nav_r_site"], np.float64) + moved)[:2]
        return MapPlace(int(row["tick"]), due_tick, at_m, result.covariance[:2, :2])

    def _use(self, matched: Matched) -> None:
        """Give the matches to the filter; note what became of them."""
        frame, result = matched.frame, matched.result
        tick, verdict, taken = int(frame.row["tick"]), result.says, False
        doubt = Doubt.REJECTED if result.code is TrnCode.CAMERA else Doubt.NONE
        if result.code is TrnCode.FIX:
            apart_m = self._kinds.apart_m(self.use)
            if apart_m is None:
                code = self._give(matched)
                taken, said = code == FixStatus.FIX_TAKEN, SAYS[FixStatus(code)]
                if code in (FixStatus.FIX_OUTSIDE, FixStatus.FIX_SCATTERED):
                    doubt = Doubt.DOUBTED
            else:
                doubt = Doubt.DOUBTED
                said = f"refused: the other kind of landmark says {apart_m:.0f} m elsewhere"
            how = " from nothing" if matched.from_nothing else ""
            verdict = f"{result.inliers} of {result.landmarks}{how}: {said}"
        elif result.code is TrnCode.CAMERA and result.check is not None:
            fix = place_of(frame.row, matched.view, result.check)
            code = self._flight.loop.take_place(fix)
            taken = code == FixStatus.FIX_TAKEN
            verdict = f"{result.says}; place with both left free: {SAYS[FixStatus(code)]}"
        if taken:
            self._kinds.believe(self.use)
        self._failed = 0 if taken else self._failed + 1
        self._cameras.drop_pose(tick)
        self.looks.append(self._look_of(matched, verdict, doubt, taken=taken))

    def _give(self, matched: Matched) -> int:
        """Give the filter the matches; return what became of them."""
        frame = matched.frame
        records = records_of(matched.result, matched.view)
        return self._flight.loop.take_landmarks(frame.number, int(frame.row["tick"]), records)

    def _outlines(self, matched: Matched) -> Array:
        """Return the outlines of what was matched [px], (n, points, 2); a patch has none."""
        return NO_OUTLINES

    def _look_of(self, matched: Matched, verdict: str, doubt: Doubt, *, taken: bool) -> Look:
        frame, result = matched.frame, matched.result
        image, scale = made_small(frame.image, frame.camera.bits)
        now = self._flight.loop.estimated
        row = self._flight.flown[-1]
        error = np.array(row["r_site"]) + self._built.shift_m - np.array(now["r_site"])
        off = None
        if result.code is TrnCode.FIX:
            away = result.view.r_site - matched.view.r_site
            off = float(away[0]), float(away[1])
        sigma_m = math.sqrt(max(float(now["P"][0][0]), float(now["P"][1][1])))
        return Look(
            time_s=TICK_S * int(frame.row["tick"]),
            camera=frame.camera.name,
            use=self.use,
            verdict=verdict,
            taken=taken,
            doubt=doubt,
            height_m=self._height_m(frame.row),
            image=image,
            scale=scale,
            found_px=np.array(result.matches["px"]),
            used=np.full(len(result.matches), taken),
            off_m=off,
            sigma_m=sigma_m,
            error_m=deterministic.length(error[:2].tolist()),
            outlines_px=self._outlines(matched),
        )

    # ---- of the estimate ----------------------------------------------------------------------

    def _height_m(self, row: np.void) -> float:
        """Return the estimated height above the map beneath [m]."""
        image_map = self._built.image_map
        u, v, high = image_map.arcs(np.array(row["nav_r_site"], np.float64)[None])
        return float(high[0] - image_map.levels[0].height_at(u, v)[0])

    def _arc_m(self, row: np.void) -> float:
        """Return the arc to the site [m]."""
        u, v, _ = self._built.image_map.arcs(np.array(row["nav_r_site"], np.float64)[None])
        return deterministic.length([float(u[0]), float(v[0])])

    def _place_sigma_m(self, row: np.void) -> float:
        """Return the deviation of the place across the line of sight, less the map's [m]."""
        covariance = self._covariance(row)
        return math.sqrt(max(covariance[0, 0], covariance[1, 1], 0.0))

    def _covariance(self, row: np.void) -> Array:
        """Return the covariance of position [m] and attitude [rad], site, as matching asks."""
        out = np.zeros((6, 6))
        for at, name in ((0, "nav_r_cov"), (3, "nav_attitude_cov")):
            out[at : at + 3, at : at + 3] = symmetric(row[name])
        return out
