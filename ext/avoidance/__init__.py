"""Kernels of hazard avoidance: a scan to ranked sites, and the decision where to land."""
