"""Basilisk: the autopilot as a module of its task, and a whole lander made from a mission."""

from farside.adapters.basilisk.autopilot import AutopilotModule
from farside.adapters.basilisk.lander import BasiliskLander

__all__ = ["AutopilotModule", "BasiliskLander"]
