"""Scores of real and generated samples on the discriminator's move, and the penalties on them."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field

import torch
from torch import Tensor

from sparring.adversary.critic import Critic, Side, split_output, to_float32
from sparring.adversary.penalty import Penalizer, PenaltyInputs
from sparring.game import Batch, GeneratedBatch, Losses


@dataclass(frozen=True)
class Scores:
    """Scores [N, 1] of real and of generated samples, and the penalties that were due.

    `aux` holds the auxiliary logits [N, K] of each side; K is 0 for most discriminators.
    """

    real: Tensor
    fake: Tensor
    penalties: Losses = field(default_factory=dict)
    aux: Mapping[Side, Tensor] = field(default_factory=dict)


def score(critic: Critic, batch: Batch, fake: GeneratedBatch, penalizer: Penalizer | None = None) -> Scores:
    """Returns the scores of `batch.real` and of `fake`, and each due penalty by its kind.

    Both are scored in one pass where the critic concatenates them. When a due penalty differentiates scores, all of
    them are computed in float32, whatever autocast says. Mean scores are observed as `score_real` and `score_fake`,
    and the critic is updated from those of real samples: this is the discriminator's move.
    """
    due = penalizer.due(batch.step) if penalizer and penalizer.penalties else []
    sides = frozenset().union(*(penalty.gradient_sides for penalty in due))
    exact = any(penalty.needs_double_backward for penalty in due)
    with torch.autocast(batch.real.device.type, enabled=False) if exact else nullcontext():
        real, generated = batch.real, fake.samples
        if exact:
            real, generated = to_float32(real), to_float32(generated)
        outputs, gradients = evaluate(critic, {"real": real, "fake": generated}, sides)
        (scores_real, aux_real), (scores_fake, aux_fake) = map(split_output, outputs.values())
        batch.observe(score_real=scores_real.mean(), score_fake=scores_fake.mean())
        critic.update(scores_real)
        penalties: Losses = {}
        if penalizer and due:
            scores = (scores_real, scores_fake, batch.random, gradients, penalizer.player, fake)
            inputs = PenaltyInputs(critic, real, generated, *scores, images=batch.images, parts=batch.parts)
            penalties = penalizer.losses(inputs, batch.step)
    return Scores(scores_real, scores_fake, penalties, {"real": aux_real, "fake": aux_fake})


def evaluate(
    critic: Critic, samples: dict[Side, Tensor], sides: frozenset[Side] = frozenset()
) -> tuple[dict[Side, Tensor], dict[Side, Tensor]]:
    """Returns the full output for both sides, and the input gradients of `sides`: in one pass where that saves work."""
    if critic.concatenates and len(sides) != 1 and len(samples["real"]) == len(samples["fake"]):
        both, together = critic.on_concatenated_batch(), torch.cat((samples["real"], samples["fake"]))
        if not sides:
            return dict(zip(samples, both.output(together).chunk(2), strict=True)), {}
        outputs, gradients = both.input_gradient(together)
        halves = (outputs.chunk(2), gradients.chunk(2))
        return dict(zip(samples, halves[0], strict=True)), dict(zip(samples, halves[1], strict=True))
    separate: tuple[dict[Side, Tensor], dict[Side, Tensor]] = ({}, {})
    for side, values in samples.items():
        if side in sides:
            separate[0][side], separate[1][side] = critic.input_gradient(values)
        else:
            separate[0][side] = critic.output(values)
    return separate
