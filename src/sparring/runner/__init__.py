"""A recipe in, a run out."""

from sparring.runner.train import train as train
