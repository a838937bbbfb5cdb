"""Mission files of landings that failed: the vehicle, what failed, and what was published of it."""
