"""Hazards of any elevation data: a raster, an array, a point cloud; by file or in memory.

From a numpy array of heights, rows northwards, in three lines:

    from farside.survey import survey
    found = survey(heights, cell_m=0.1, mission="chang-e-6", sigma_m=0.02, dispersion_m=(0.3, 0.3))
    print(found.safe_share, found.sites[0], found.probability)

From a file of any size, as the command `farside hazards` does, with `survey_file`. Where on the
Moon to land at all, as the command `farside survey` says it:

    from farside.survey import survey_region
    found = survey_region("apollo", "chang-e-6", dates="2024-06-01..2024-06-03")
    print(found.sites[0], found.layers["score"])
"""

from farside.survey.errors import SurveyError
from farside.survey.landing_ellipse import LandingEllipse
from farside.survey.landing_save import save_region
from farside.survey.landing_survey import RegionSurvey, survey_region
from farside.survey.query import Query
from farside.survey.rank import SurveySite
from farside.survey.ranking import SiteRanking
from farside.survey.save import survey_file
from farside.survey.surveying import Survey, survey

__all__ = [
    "LandingEllipse",
    "Query",
    "RegionSurvey",
    "SiteRanking",
    "Survey",
    "SurveyError",
    "SurveySite",
    "save_region",
    "survey",
    "survey_file",
    "survey_region",
]
