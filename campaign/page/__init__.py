"""The page of a campaign: campaign.html, that opens without a network."""

from farside.campaign.page.page import target_sentence, write_campaign_page

__all__ = ["target_sentence", "write_campaign_page"]
