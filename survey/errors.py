"""What a survey refuses."""

from farside.ext.common.errors import FarsideError


class SurveyError(FarsideError):
    """Elevation data that hazards cannot be mapped of; one line that says why, and the way out."""


def check_place(latitude_deg: float, longitude_deg: float, said: str) -> None:
    """Refuse what is no place on the Moon.

    A longitude beyond a turn is a slip, and one of 1e30 deg is a place by chance of its last bits.

    Parameters
    ----------
    latitude_deg, longitude_deg : float
        Of the place [deg].
    said : str
        How it was given, for the error.

    Raises
    ------
    SurveyError
        If a number is not finite, or not from -90 to 90 and from -180 to 360.
    """
    if not (-90.0 <= latitude_deg <= 90.0 and -180.0 <= longitude_deg <= 360.0):
        raise SurveyError(
            f"{said} {latitude_deg:g} {longitude_deg:g}: give a latitude of -90 to 90 deg, then an "
            "east longitude of -180 to 360 deg"
        )
