"""The page of a campaign: campaign.html, that opens without a network."""

from farside.campaign.page.page import write_campaign_page

__all__ = ["write_campaign_page"]
