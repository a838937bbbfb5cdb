"""Faults of a flight: what fails in a measurement, in the plant and in the computer, as data."""
