"""Weights of the hazard model, in the order of its columns; written by studies/coarse_fit.py."""

WEIGHTS: tuple[float, ...] = (0.0,) * 39
