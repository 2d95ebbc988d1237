"""Stages of a run: each has its own game on samples of its own shape."""

from dataclasses import dataclass

from sparring.network import Shape


@dataclass(frozen=True)
class Stage:
    """The part of a run between `begin` and `end` real images.

    `sample` is the shape of its samples, `batch` how many a move sees, and `rate` what learning rates are multiplied
    by. Weights of the stage before stay where the next has some of the same name and shape; optimizers begin anew.
    """

    sample: Shape
    begin: int
    end: int
    batch: int
    rate: float = 1.0
