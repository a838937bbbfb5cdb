"""The public benchmark of hazard detectors: scenes with truth, and scores of anybody's masks."""

from farside.scenes.scene import (
    CONDITIONS,
    EVALUATION_FROM,
    Scene,
    SceneError,
    TrueGround,
    make_scene,
)
from farside.scenes.score import Odds, Score, score_mask
from farside.scenes.storage import check_training, read_mask, write_scene, write_truth
from farside.scenes.truth import Truth, truth_of

__all__ = [
    "CONDITIONS",
    "EVALUATION_FROM",
    "Odds",
    "Scene",
    "SceneError",
    "Score",
    "TrueGround",
    "Truth",
    "check_training",
    "make_scene",
    "read_mask",
    "score_mask",
    "truth_of",
    "write_scene",
    "write_truth",
]
