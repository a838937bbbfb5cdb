"""What a survey refuses."""


class SurveyError(ValueError):
    """Elevation data that hazards cannot be mapped of; one line that says why, and the way out."""
