"""Many flights of a mission: what is dispersed, who flies them, what is kept, and what it says."""
