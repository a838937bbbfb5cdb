"""From the truth to measurements: each sensor's errors, and the lidar's frames of the ground."""

from farside.sensors.frames import frames
from farside.sensors.lidar import scan
from farside.sensors.suite import sensor_setup

__all__ = ["frames", "scan", "sensor_setup"]
