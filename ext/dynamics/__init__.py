"""The true lander: mass, engine, thrusters, legs, motion."""
