"""One classifier of all classes and of "generated" in place of a discriminator."""

import torch
from torch import Tensor
from torch.nn.functional import relu

from sparring.errors import ShapeError
from sparring.spec import Spec


class MultiClassHinge(Spec):
    """Margins of one between classes 0 … K - 1 of real samples and class K, generated (Kavalerov et al. 2021).

    With scores C [N, K + 1] and the multi-class margin of Crammer & Singer 2001,
    ℓ_y(C) = max(0, 1 - C_y + max_{k≠y} C_k), the discriminator minimises E[ℓ_y(C(x))] + E[ℓ_K(C(G(z, y)))]
    and the generator E[ℓ_y(C(G(z, y)))]: its own class, not merely "real".
    (One classifier of K + 1 classes is the form of the paper's first version, arXiv 1912.04216v1.)

    Given masses w_y = p(x, y) and w_K = q(x) at x, W = Σ w, the best scores are one for the heaviest class and
    zero for the rest where it weighs at least W/2, else all equal; the least loss is
    Σ_x min(W, 2 (W - max w)). For K = 1 this is `Hinge` with D = C_0 - C_1.
    """

    def discriminator(self, real: Tensor, fake: Tensor, labels: Tensor) -> Tensor:
        """Returns the discriminator's loss, a scalar.

        `real` [N, K + 1] are scores of real samples of classes `labels` [N] (int64, 0 … K - 1), `fake` [M, K + 1]
        those of generated samples. Raises `ShapeError` if these do not fit.
        """
        _check("real", real, labels)
        if fake.ndim != 2 or fake.shape[1] != real.shape[1]:
            raise ShapeError(f"fake has shape {list(fake.shape)}; needs [M, {real.shape[1]}], as many columns as real")
        return _margin_loss(real, labels) + relu(1 - fake[:, -1] + fake[:, :-1].amax(1)).mean()

    def generator(self, fake: Tensor, labels: Tensor) -> Tensor:
        """Returns the generator's loss, a scalar.

        `fake` [N, K + 1] are scores of samples generated for the classes `labels` [N] (int64, 0 … K - 1).
        Raises `ShapeError` if these do not fit.
        """
        _check("fake", fake, labels)
        return _margin_loss(fake, labels)


def _margin_loss(scores: Tensor, labels: Tensor) -> Tensor:
    own = scores[:, :-1].gather(1, labels[:, None])
    rivals = scores.scatter(1, labels[:, None], float("-inf"))
    return relu(1 - own + rivals.amax(1, keepdim=True)).mean()


def _check(name: str, scores: Tensor, labels: Tensor) -> None:
    if scores.ndim != 2 or scores.shape[1] < 2:
        raise ShapeError(
            f"{name} has shape {list(scores.shape)}; needs [N, K + 1], a score for each of K ≥ 1 classes "
            "and a last one for generated samples"
        )
    if labels.shape != scores.shape[:1] or labels.dtype != torch.int64:
        raise ShapeError(
            f"labels has shape {list(labels.shape)} and type {labels.dtype}; "
            f"needs int64 [{len(scores)}], one class a row of {name}"
        )
    classes = scores.shape[1] - 1
    # On a GPU this check would wait for the device; there gather checks the bounds itself.
    if labels.is_cpu and not ((labels >= 0) & (labels < classes)).all():
        raise ShapeError(
            f"labels go from {int(labels.min())} to {int(labels.max())}; {name} has {classes + 1} columns, for "
            f"classes 0 to {classes - 1} and, last, generated samples, which no label may name"
        )
