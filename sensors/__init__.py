"""From the truth to measurements: each sensor's errors, and the lidar's image of the ground."""

from farside.sensors.lidar import LidarImage, scan
from farside.sensors.suite import sensor_setup

__all__ = ["LidarImage", "scan", "sensor_setup"]
