"""Many flights of a mission: draw the dispersed inputs, fly them, keep and read the results."""

from farside.campaign.campaign import Campaign, open_campaign, read_campaign
from farside.campaign.extras import CampaignError
from farside.campaign.fly import fly_campaign
from farside.campaign.plan import Plan, plan_campaign, shard_of
from farside.campaign.progress import Progress, Stopped
from farside.campaign.replay import Replay, replay

__all__ = [
    "Campaign",
    "CampaignError",
    "Plan",
    "Progress",
    "Replay",
    "Stopped",
    "fly_campaign",
    "open_campaign",
    "plan_campaign",
    "read_campaign",
    "replay",
    "shard_of",
]
