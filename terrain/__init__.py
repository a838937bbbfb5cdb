"""The flight side's picture of the ground: points -> elevation -> hazards -> landing sites."""
