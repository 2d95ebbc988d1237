"""What scores samples during a move: a discriminator with its condition, behind the augmentations."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from sparring.adversary.augmentation import Augmenter
from sparring.game import Batch
from sparring.network import Network, couples_samples, input_gradient

Side = Literal["real", "fake"]


class Critic:
    """Scores samples [N, ...] as [N, 1]: any function, or (`DiscriminatorCritic`) a discriminator.

    `concatenates` says that real and generated samples may be scored in one batch.
    """

    concatenates: bool = False

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        self.function = function

    def __call__(self, samples: Tensor) -> Tensor:
        """Returns the scores [N, 1] of `samples`, in float32 at least."""
        return split_output(self.output(samples))[0]

    def output(self, samples: Tensor) -> Tensor:
        """Returns the full output [N, 1 + K] for `samples`: the score, then any auxiliary logits."""
        return to_float32(self.function(samples))

    def input_gradient(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the full output, and the gradients of the scores by `samples`, themselves differentiable."""
        return input_gradient(self.output, samples)

    def features(self, samples: Tensor) -> Tensor:
        """Returns the input of the discriminator's last layer, [N, F]; raises `SpecError` where it has none."""
        raise NotImplementedError

    def on_concatenated_batch(self) -> "Critic":
        """Returns the same critic for real and generated samples concatenated into one batch."""
        return self

    def update(self, scores: Tensor) -> None:
        """Updates adaptive augmentations from the `scores` [N, 1] of real samples on the discriminator's move."""


class DiscriminatorCritic(Critic):
    """A discriminator given its condition [N], behind augmentations that are sampled anew on every call.

    Gradients are those by the samples before augmentation: R1 and its like look through the augmentations.
    """

    def __init__(
        self,
        network: Network,
        condition: Tensor | None = None,
        augmenter: Augmenter | None = None,
        batch: Batch | None = None,
        concatenates: bool | None = None,
    ) -> None:
        self.network, self.condition, self.augmenter, self.batch = network, condition, augmenter, batch
        self.concatenates = not couples_samples(network) if concatenates is None else concatenates

    def output(self, samples: Tensor) -> Tensor:
        return to_float32(self.network(self._augment(samples), self.condition))

    def input_gradient(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        if self.augmenter is None:
            output, gradient = self.network.input_gradient(samples, self.condition)
            return to_float32(output), gradient
        samples = samples if samples.requires_grad else samples.detach().requires_grad_(True)
        augmented = self._augment(samples)
        output, outer = self.network.input_gradient(augmented, self.condition)
        # The chain rule by hand, so that a network may have a faster way to its own gradient.
        (gradient,) = torch.autograd.grad(augmented, samples, outer, create_graph=True)
        return to_float32(output), gradient

    def features(self, samples: Tensor) -> Tensor:
        return self.network.features(self._augment(samples), self.condition)

    def on_concatenated_batch(self) -> "Critic":
        if self.condition is None:
            return self
        both = torch.cat((self.condition, self.condition))
        return DiscriminatorCritic(self.network, both, self.augmenter, self.batch, self.concatenates)

    def update(self, scores: Tensor) -> None:
        if self.augmenter is not None and self.batch is not None:
            self.augmenter.update(scores, self.batch)

    def _augment(self, samples: Tensor) -> Tensor:
        if self.augmenter is None:
            return samples
        augmented: Tensor = self.augmenter(samples, self.batch)
        return augmented


def split_output(output: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the scores [N, 1] and the auxiliary logits [N, K] of a full output [N, 1 + K]."""
    return (output, output[:, 1:]) if output.shape[1] == 1 else (output[:, :1], output[:, 1:])


def to_float32(values: Tensor) -> Tensor:
    """Returns `values` in float32 at least: differences of scores need more than bfloat16's eight bits."""
    return values.to(torch.promote_types(values.dtype, torch.float32))
