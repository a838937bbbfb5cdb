"""The ascent of least propellant to an orbit."""
