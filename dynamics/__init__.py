"""The truth: a lander of six degrees of freedom, its engine, thrusters and legs."""

from farside.dynamics.vehicle import Dispersion, build_vehicle

__all__ = ["Dispersion", "build_vehicle"]
