"""Hazard avoidance: which site to land on, and what the way there costs."""
