"""What follows a run and tells of it: they read, they never change the run."""

from sparring.listeners.console import Console
from sparring.listeners.evaluation import Evaluation
from sparring.listeners.held_out import HeldOut
from sparring.listeners.log import Log, read_log, truncate_log
from sparring.listeners.report import Report, write_report
from sparring.listeners.samples import Samples, sample_paths
from sparring.listeners.scoring import Scoring
from sparring.listeners.tensorboard import TensorBoard

__all__ = [
    "Console",
    "Evaluation",
    "HeldOut",
    "Log",
    "Report",
    "Samples",
    "Scoring",
    "TensorBoard",
    "read_log",
    "sample_paths",
    "truncate_log",
    "write_report",
]
