"""Scores of generated samples, recorded with everything they depend on."""

from sparring.evaluation.pictures import draw_pictures as draw_pictures
from sparring.evaluation.pictures import write_pictures as write_pictures
from sparring.evaluation.plan import EvaluationPlan as EvaluationPlan
from sparring.evaluation.plan import metrics_by_name as metrics_by_name
from sparring.evaluation.score import MetricScore as MetricScore
from sparring.evaluation.score import read_score_files as read_score_files
from sparring.evaluation.score import read_scores as read_scores
from sparring.evaluation.score import score_table as score_table
from sparring.evaluation.score import write_scores as write_scores
from sparring.evaluation.scorer import EvaluationResult as EvaluationResult
from sparring.evaluation.scorer import Scorer as Scorer
from sparring.evaluation.sets import DataSamples as DataSamples
from sparring.evaluation.sets import GameSamples as GameSamples
from sparring.evaluation.sets import SampleSet as SampleSet
