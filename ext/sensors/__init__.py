"""Measurements with their errors."""
