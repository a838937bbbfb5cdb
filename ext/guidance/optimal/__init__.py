"""The descent of least propellant in free time."""
