"""Lidar points to heights; hazards of footprint discs and legs; probability of a safe stand."""
