"""Statistics that an engineer signs: success, requirements, dispersion, failures, drivers."""

from farside.campaign.statistics.flights import StatisticsError
from farside.campaign.statistics.proportion import Share, clopper_pearson
from farside.campaign.statistics.summary import Summary, summarise

__all__ = ["Share", "StatisticsError", "Summary", "clopper_pearson", "summarise"]
