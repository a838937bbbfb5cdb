"""The closed loop of truth and flight side."""
