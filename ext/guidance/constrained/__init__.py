"""The descent within limits as a cone program, solved by an interior-point method."""
