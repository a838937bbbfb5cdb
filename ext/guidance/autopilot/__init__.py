"""One tick of the autopilot: phase table, laws, planner, attitude."""
