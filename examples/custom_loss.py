"""Defines an adversarial loss, and compares it with the built-in ones on eight Gaussians on a circle.

python examples/custom_loss.py                   # or with changes: images=1M penalties=[]
"""

import sys

from torch import Tensor

import sparring
from sparring.losses import AdversarialLoss

SMALL = ("images=100k", "listening.scores_every=100k", "listening.samples_every=100k")
LOSSES = ("NonSaturating", "Hinge", "Exponential")


class Exponential(AdversarialLoss):
    """E[exp(-D(x))] + E[exp(D(G(z)))] against E[exp(-D(G(z)))]: AdaBoost's loss, with the best D ½ ln p/q.

    The class is known by its name from here on, in YAML, on the command line and in assignments.
    """

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return (-real).exp().mean() + fake.exp().mean()

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        return (-fake).exp().mean()


def main(*assignments: str, folder: str = "runs/examples/losses") -> dict[str, dict[str, float]]:
    """Trains one run for each loss below `folder`; prints and returns their scores by loss."""
    scores = {}
    for loss in LOSSES:
        recipe = sparring.recipe("ring", f"losses={loss}", *SMALL, *assignments)
        scores[loss] = sparring.train(recipe, run=f"{folder}/{loss}").facts.scores
    for loss, values in scores.items():
        missed, low = values["modes_missed"], values["low_quality"]
        print(
            f"{loss:<14} modes missed {missed:.0f} of 8, samples far from all modes {low:.0%}, MMD {values['mmd']:.4f}"
        )
    return scores


if __name__ == "__main__":
    main(*sys.argv[1:])
