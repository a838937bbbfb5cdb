"""The camera that takes the images a matcher is given."""

from __future__ import annotations

from farside.mission.camera import Camera
from farside.mission.pinhole import Pinhole


class TakenBy:
    """What a matcher of images has of their camera: a base of dataclasses.

    Attributes
    ----------
    camera : Camera or Pinhole
        The vehicle's camera, or a geometry alone.
    bits : int
        Of a pixel; taken from a Camera.
    """

    camera: Camera | Pinhole
    bits: int

    def __post_init__(self) -> None:
        """Take the depth of a camera's pixels."""
        if isinstance(self.camera, Camera):
            self.bits = self.camera.bits

    @property
    def pinhole(self) -> Pinhole:
        """The geometry of its images."""
        return self.camera.pinhole if isinstance(self.camera, Camera) else self.camera
