"""Listeners: they follow a run and write about it, and never change it."""

from sparring.listeners.console import Console as Console
from sparring.listeners.evaluation import Evaluation as Evaluation
from sparring.listeners.held_out import HeldOut as HeldOut
from sparring.listeners.log import Log as Log
from sparring.listeners.log import read_log as read_log
from sparring.listeners.log import truncate_log as truncate_log
from sparring.listeners.report import Report as Report
from sparring.listeners.report import write_report as write_report
from sparring.listeners.samples import Samples as Samples
from sparring.listeners.samples import sample_paths as sample_paths
from sparring.listeners.scoring import Scoring as Scoring
from sparring.listeners.tensorboard import TensorBoard as TensorBoard
