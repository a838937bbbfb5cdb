"""Faults of cameras: what they make of an image between its camera and its reader."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._records import TICK_HZ
from farside.mission import Mission
from farside.mission.camera import Camera
from farside.mission.faults import Fault
from farside.sensors.streams import draw_normals

Image = NDArray[np.uint16]

#: Streams of an image's noise: + 65536 slot + number of the image.
STREAM = 0x00C00000


class CameraFaults:
    """The cameras' faults of one flight: images pass through in the order they were taken.

    Parameters
    ----------
    mission : Mission
    key : int
        Of the flight's streams.
    slots : sequence of int
        Places in `mission.faults` of the faults that happen.
    """

    def __init__(self, mission: Mission, key: int, slots: Sequence[int]) -> None:
        self._faults = {
            i: mission.faults[i] for i in slots if mission.faults[i].unit_name == "camera"
        }
        self._key = key
        self._last: dict[Camera, Image] = {}

    def row_seen(
        self, camera: Camera, rows: NDArray[np.void], began: Mapping[int, int | None]
    ) -> np.void:
        """Return the row of telemetry whose ground a camera shows: that of now, or of before.

        Parameters
        ----------
        camera : Camera
        rows : structured array
            Flown so far, one a tick.
        began : mapping
            The tick at which each fault began, by its place; None for one that has not.
        """
        late = 0
        for _, fault in self._active(camera, len(rows) - 1, began):
            if fault.kind == "late":
                late += round(TICK_HZ * (fault.size or 0.0))
        seen: np.void = rows[max(len(rows) - 1 - late, 0)]
        return seen

    def turned(
        self, camera: Camera, q: NDArray[np.float64], tick: int, began: Mapping[int, int | None]
    ) -> NDArray[np.float64]:
        """Return the attitude with which a camera looks: q, turned in its mount about body y."""
        for _, fault in self._active(camera, tick, began):
            if fault.kind != "misaligned":
                continue
            half = math.radians(0.5 * (fault.size or 0.0))
            c, s = deterministic.cos(half), deterministic.sin(half)
            w, x, y, z = (float(part) for part in q)
            q = np.array([w * c - y * s, x * c - z * s, y * c + w * s, z * c + x * s])
        return q

    def spoil(
        self,
        camera: Camera,
        image: Image,
        tick: int,
        began: Mapping[int, int | None],
        number: int,
    ) -> Image:
        """Return an image as its faults leave it; the one given where nothing fails.

        Parameters
        ----------
        camera : Camera
        image : ndarray of uint16, (rows, columns)
        tick : int
            Its time tag.
        began : mapping
            As of `row_seen`.
        number : int
            Of the image in its flight.
        """
        if not self._faults:
            return image
        stuck = False
        for slot, fault in self._active(camera, tick, began):
            if fault.kind == "stuck":
                stuck = True
                image = self._last.get(camera, np.zeros_like(image))
            elif fault.kind in ("silent", "zero"):
                image = np.zeros_like(image)
            elif fault.kind == "saturated":
                most = round((fault.size or 0.0) * ((1 << camera.bits) - 1))
                image = np.minimum(image, np.uint16(max(most, 0)))
            elif fault.kind == "shifted":
                image = shifted(image, round(fault.size or 0.0))
            elif fault.kind == "noise":
                stream = STREAM + 65536 * slot + number
                image = self._noisy(camera, image, fault.size or 1.0, stream)
        if not stuck:
            self._last[camera] = image
        return image

    def _active(
        self, camera: Camera, tick: int, began: Mapping[int, int | None]
    ) -> Iterator[tuple[int, Fault]]:
        """Yield the faults of a camera that are on at a tick."""
        for slot, fault in self._faults.items():
            first = began[slot]
            if first is None or tick < first or fault.part not in ("", camera.name):
                continue
            if fault.for_s is None or tick < first + max(1, round(TICK_HZ * fault.for_s)):
                yield slot, fault

    def _noisy(self, camera: Camera, image: Image, times: float, stream: int) -> Image:
        """Return an image with so many times its noise: that of its electrons and of reading."""
        full = (1 << camera.bits) - 1
        per_dn = camera.full_well_e / full
        electrons = image.astype(np.float64) * per_dn
        variance = electrons + camera.read_noise_e * camera.read_noise_e
        more = math.sqrt(max(times * times - 1.0, 0.0))
        drawn = draw_normals(self._key, stream, image.size).reshape(image.shape)
        noisy = (electrons + more * np.sqrt(variance) * drawn) / per_dn
        return np.clip(np.rint(noisy), 0.0, float(full)).astype(np.uint16)


def shifted(image: Image, columns: int) -> Image:
    """Return an image moved to the right by so many columns; those that come in repeat its edge.

    Examples
    --------
    >>> shifted(np.array([[1, 2, 3]], np.uint16), 1).tolist()
    [[1, 1, 2]]
    >>> shifted(np.array([[1, 2, 3]], np.uint16), -9).tolist()
    [[3, 3, 3]]
    """
    last = image.shape[1] - 1
    seen = np.clip(np.arange(image.shape[1]) - columns, 0, last)
    return np.ascontiguousarray(image[:, seen])
