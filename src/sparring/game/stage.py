"""A pyramid: a run in stages, each a game of its own on samples of its own shape."""

from dataclasses import dataclass

from sparring.network import Shape


@dataclass(frozen=True)
class Stage:
    """What is played from the moment that `begin` real images have been shown until `end` have, of all of the run.

    `sample` is the shape of its samples, `batch` how many a move sees, and `rate` what learning rates are multiplied
    by. Weights of the stage before stay where the next has some of the same name and shape; optimizers begin anew.
    """

    sample: Shape
    begin: int
    end: int
    batch: int
    rate: float = 1.0
