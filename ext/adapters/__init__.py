"""Kernels of the adapters: Gymnasium, Basilisk, JSBSim, FMI."""
