"""The least-propellant descent to every cell of a map."""
