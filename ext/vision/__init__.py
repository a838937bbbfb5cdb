"""Kernels of images: correlation with craters, and the shape of each."""
