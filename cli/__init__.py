"""The command `farside`: it parses, calls, prints, and nothing else."""
