"""Kernels of guidance: laws, optimal and constrained descents, divert map, autopilot."""
