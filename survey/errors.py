"""What a survey refuses."""

from farside.ext.common.errors import FarsideError


class SurveyError(FarsideError):
    """Elevation data that hazards cannot be mapped of; one line that says why, and the way out."""
