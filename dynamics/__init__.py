"""The truth: a lander of six degrees of freedom, its engine, thrusters and legs."""

from farside.dynamics.vehicle import Dispersion, build_vehicle, without_troubles
from farside.ext.dynamics._plant import PlantModel

__all__ = ["Dispersion", "PlantModel", "build_vehicle", "without_troubles"]
