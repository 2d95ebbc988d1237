"""Scores of generated samples: gathered in one pass, recorded with all that they depend on."""

from sparring.evaluation.pictures import draw_pictures as draw_pictures
from sparring.evaluation.pictures import write_pictures as write_pictures
from sparring.evaluation.plan import EvaluationPlan as EvaluationPlan
from sparring.evaluation.plan import metrics_by_name as metrics_by_name
from sparring.evaluation.score import Score as Score
from sparring.evaluation.score import read_beside as read_beside
from sparring.evaluation.score import read_scores as read_scores
from sparring.evaluation.score import score_table as score_table
from sparring.evaluation.score import write_scores as write_scores
from sparring.evaluation.scorer import Scorer as Scorer
from sparring.evaluation.scorer import Scores as Scores
from sparring.evaluation.sets import DataSamples as DataSamples
from sparring.evaluation.sets import GameSamples as GameSamples
from sparring.evaluation.sets import Samples as Samples
