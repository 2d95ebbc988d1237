"""What games share that carry what was learned from labels in one domain to another that has none."""

from collections.abc import Mapping
from typing import NoReturn

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from sparring.adversary import to_float32
from sparring.errors import SpecError
from sparring.game import Batch, Game, ScatterPlot
from sparring.network import UNLABELLED, Condition, Shape
from sparring.tensors.pca import principal_plane


class Transfer(Game):
    """Classifies samples of a target domain, learned from labels of a source domain alone.

    The data has labels of source samples, and none of target samples. Embeddings of both are
    what a discriminator compares, those of the source in the place of real samples.
    """

    classifier: nn.Module

    def __init__(self, spec: Game.Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, Condition())
        if not (condition.classes and condition.partly):
            raise SpecError(
                f"game: {spec.kind()} learns classes from a source for a target without labels; the data has no such "
                "two domains (data.kind=Domains data.source=... data.target=...)"
            )
        self.classes = condition.classes

    def encode(self, samples: Tensor) -> Tensor:
        """Returns the embeddings [N, F] of target samples [N, *sample]; the caller is in `evaluating`."""
        raise NotImplementedError

    def encode_source(self, samples: Tensor) -> Tensor:
        """Returns the embeddings [N, F] of source samples [N, *sample]; the caller is in `evaluating`."""
        return self.encode(samples)

    def classify(self, samples: Tensor) -> Tensor:
        """Returns log P(c|x), [N, K], of target samples [N, *sample]; the caller is in `evaluating`."""
        logits: Tensor = self.classifier(self.encode(samples))
        return logits.log_softmax(1)

    def validation_metrics(self, real: Tensor, condition: Tensor | None) -> Mapping[str, float]:
        """Returns the accuracy on target samples."""
        assert condition is not None
        return {"accuracy": float((self.classify(real).argmax(1) == condition).float().mean())}

    def scatter_plots(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, ScatterPlot]:
        """Returns the embeddings in the plane in which they vary most: the source by class, the target gray."""
        assert condition is not None
        known = (condition != UNLABELLED)[:, None]
        embeddings = self.encode_source(real).where(known, self.encode(real)).float()
        return {"embeddings": ScatterPlot(principal_plane(embeddings).project(embeddings), condition)}

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> NoReturn:
        """Raises `SpecError`: no player makes samples."""
        self._refuse()

    def draw_latents(self, count: int, random: torch.Generator) -> NoReturn:
        """Raises `SpecError`, as `draw` does."""
        self._refuse()

    def render(self, latents: Tensor, condition: Tensor | None = None) -> NoReturn:
        """Raises `SpecError`, as `draw` does."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise SpecError(f"{self.spec.kind()} makes no samples, it classifies samples: game.classify, model.encode")


def pick_domains(classes: Tensor) -> tuple[Tensor, Tensor]:
    """Returns which of N samples are of the source and which of the target, ⌈N/2⌉ indices each.

    `classes` [N] are `UNLABELLED` for those of the target. Where a batch has fewer of a domain they are repeated in
    turn, and some of the other are passed over: so both count alike, and no device has to be waited for.
    """
    count = len(classes)
    order = (classes == UNLABELLED).long().argsort(stable=True)
    sources = (classes != UNLABELLED).sum()
    turns = torch.arange((count + 1) // 2, device=classes.device)
    target = sources + turns % (count - sources).clamp(min=1)
    return order[turns % sources.clamp(min=1)], order[target.clamp(max=count - 1)]


def domain_accuracy(source: Tensor, target: Tensor) -> Tensor:
    """Returns the accuracy of the sign of the scores [N, 1] of both domains: half at chance."""
    return ((source > 0).float().mean() + (target < 0).float().mean()) / 2


def label_losses(logits: Tensor, classes: Tensor, batch: Batch) -> Tensor:
    """Returns the mean cross-entropy over the known `classes` [N]; observes the accuracy."""
    known = classes != UNLABELLED
    count = known.sum().clamp(min=1)
    batch.observe(training_accuracy=(logits.argmax(1) == classes).sum() / count)
    return cross_entropy(to_float32(logits), classes, ignore_index=UNLABELLED, reduction="sum") / count
