"""Many flights of a mission: what is dispersed, who flies them, what is kept, and what it says."""

from farside.campaign.campaign import Campaign, read_campaign
from farside.campaign.extras import CampaignError
from farside.campaign.fly import Stopped, Tally, fly_campaign
from farside.campaign.plan import Plan, plan_campaign, shard_of
from farside.campaign.replay import Replay, replay

__all__ = [
    "Campaign",
    "CampaignError",
    "Plan",
    "Replay",
    "Stopped",
    "Tally",
    "fly_campaign",
    "plan_campaign",
    "read_campaign",
    "replay",
    "shard_of",
]
