"""The pages of campaigns, that open without a network: campaign.html, and of a comparison."""

from farside.campaign.page.campaign_page import target_sentence, write_campaign_page
from farside.campaign.page.comparison import write_comparison_page

__all__ = ["target_sentence", "write_campaign_page", "write_comparison_page"]
