"""Scores of generated samples: gathered in one pass, recorded with all that they depend on."""

from sparring.evaluation.pictures import draw_pictures, write_pictures
from sparring.evaluation.plan import EvaluationPlan, metrics_by_name
from sparring.evaluation.score import Score, read_beside, read_scores, score_table, write_scores
from sparring.evaluation.scorer import Scorer, Scores
from sparring.evaluation.sets import DataSamples, GameSamples, Samples

__all__ = [
    "DataSamples",
    "EvaluationPlan",
    "GameSamples",
    "Samples",
    "Score",
    "Scorer",
    "Scores",
    "draw_pictures",
    "metrics_by_name",
    "read_beside",
    "read_scores",
    "score_table",
    "write_pictures",
    "write_scores",
]
