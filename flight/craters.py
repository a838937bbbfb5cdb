"""Craters as landmarks in one flight: found in an image, predicted, gated, given to the filter.

Where the place is unsure by more than the gate bears, or images on end give no fix, triads of
craters find it from nothing; it enters as a place on the map, and the next image goes on.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.flight.cameras import Frame
from farside.flight.landmarks import LandmarkFixes, Matched
from farside.flight.looks import Use
from farside.mission.camera import Camera
from farside.mission.terrain_navigation import CraterNavigation
from farside.navigation import place_fix, principal_axes
from farside.vision.crater_catalogue import CraterCatalogue
from farside.vision.crater_matcher import CraterMatcher
from farside.vision.crater_places import CraterIndex
from farside.vision.trn_result import TrnCode
from farside.vision.view import CameraView

Array = NDArray[np.float64]

#: Points of a rim that is drawn.
RIM_POINTS = 24


class CraterFixes(LandmarkFixes):
    """The images of one flight whose craters are matched with the map's: a task of the loop.

    The catalogue is made once, of the heights of the onboard map: what an orbiter's list would be,
    with the map's errors and without the truth's craters. Parameters are those of `LandmarkFixes`.
    """

    use = Use.CRATERS

    def _asked(self) -> CraterNavigation:
        return self._flight.mission.terrain_navigation.craters

    def _matcher(self, camera: Camera) -> CraterMatcher:
        return CraterMatcher(self.catalogue, camera)

    @cached_property
    def catalogue(self) -> CraterCatalogue:
        """The craters of the onboard map."""
        return CraterCatalogue.of_map(self._built.image_map)

    @cached_property
    def _index(self) -> CraterIndex:
        """Its triads, for a flight that needs them."""
        return CraterIndex.of(self.catalogue)

    def _every_s(self) -> float:
        return self._settings.every_s

    def _match(self, frame: Frame, view: CameraView) -> Matched:
        """Match with the estimate; find it from nothing where that cannot be."""
        matcher, row, sun = self._matchers[frame.number], frame.row, self._cameras.sun_site
        assert isinstance(matcher, CraterMatcher)
        settings = self._asked()
        lost = self._failed >= settings.lost_after
        if (lost or self._place_sigma_m(row) > settings.lost_sigma_m) and len(self.catalogue) >= 10:
            found = matcher.find(frame.image, view, sun, self._index)
            if found.code is TrnCode.FIX:
                found = self._watched(frame.number, found)
                return Matched(frame, found, view, from_nothing=True)
        result = matcher.match(frame.image, view, self._covariance(row), sun)
        return Matched(frame, self._watched(frame.number, result), view)

    def _give(self, matched: Matched) -> int:
        """Give the filter the matches; of a place found from nothing that place."""
        if not matched.from_nothing:
            return super()._give(matched)
        place = self._placed(matched, 0)
        axis, variance = principal_axes(place.covariance_m2)
        common = matched.result.bias_m * matched.result.bias_m
        fix = place_fix(place.tick, place.at_m, axis, variance, min(common, float(variance[1])))
        return self._flight.loop.take_place(fix)

    def _outlines(self, matched: Matched) -> Array:
        """Return the rims of the matched craters [px of the camera], (n, RIM_POINTS, 2)."""
        result = matched.result
        angle: Array = np.arange(RIM_POINTS, dtype=np.float64) * (2.0 * math.pi / (RIM_POINTS - 1))
        level = np.zeros(RIM_POINTS)
        ring = np.column_stack([deterministic.cos(angle), deterministic.sin(angle), level])
        rims = result.matches["p_site"][:, None] + result.radius_m[:, None, None] * ring
        return result.view.project(rims.reshape(-1, 3)).reshape(-1, RIM_POINTS, 2)
