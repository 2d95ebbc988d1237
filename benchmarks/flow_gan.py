"""Flow-GAN on digits: what likelihood training, adversarial training and both of them are good for.

    python benchmarks/flow_gan.py runs/flow-gan        # twenty minutes on one core; goes on where it was stopped

Trains one small Real NVP in three ways on nine tenths of scikit-learn's digits and prints the table of
docs/games/flow-gan.md, for averaged weights:

- bits/dim: what a pixel of 17 levels takes, of the digits held out and of those learned from, by the exact change of
  variables with one draw of uniform noise (`FlowGAN.examine`). In the first line pixels are independent of each other,
  each with its histogram of the digits learned from (and one digit more that is spread over all levels).
- FD: the Fréchet distance of samples, cut to 17 levels, to the digits learned from, in the 64 hidden units of a
  perceptron that classifies digits, trained on half of them at random; its accuracy on the other half is told.
- SW: their sliced Wasserstein distance, in pixels.

FD and SW are those of 180 samples, as many as there are digits held out, on average over nine sets of them; the digits
held out stand for samples as good as real ones.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
from torch import Tensor

import sparring
from sparring.data import Dataset
from sparring.metrics import frechet_distance_of_features, sliced_wasserstein
from sparring.tensors.quantization import quantize

LEVELS, SETS = 17, 9

LINES = {
    "likelihood": ("flow-digits",),
    "both": ("flow-gan-digits",),
    "adversarial": ("flow-gan-digits", "likelihood_weight=0", "optimizers.generator.learning_rate=5e-4"),
}
"""The recipe of each training."""


def samples(data: Dataset | None) -> tuple[Tensor, Any]:
    """Returns all samples of the set, and their classes."""
    assert data is not None
    images, classes = data.batch(np.arange(len(data)), torch.Generator())
    assert classes is not None
    return images, classes.numpy()


def train_features(images: Tensor, classes: Any) -> tuple[Callable[[Tensor], Tensor], float]:
    """Returns what a perceptron sees in images [N, C, H, W], [N, 64], and its accuracy on unseen ones."""
    from sklearn.neural_network import MLPClassifier  # type: ignore[import-untyped, unused-ignore]

    order = np.random.default_rng(0).permutation(len(images))
    seen, unseen = np.array_split(order, 2)
    flat = images.flatten(1).numpy()
    reader = MLPClassifier((64,), max_iter=1000, random_state=0).fit(flat[seen], classes[seen])
    weight, bias = torch.from_numpy(reader.coefs_[0]), torch.from_numpy(reader.intercepts_[0])
    return lambda given: (given.flatten(1) @ weight + bias).relu(), reader.score(flat[unseen], classes[unseen])


def independent_bits(learned: Tensor, held_out: Tensor) -> float:
    """Returns the bits/dim that `held_out` take where each pixel has its histogram in `learned` and no other pixel."""
    known, asked = (((images + 1) * (LEVELS - 1) / 2).round().long().flatten(1) for images in (learned, held_out))
    counts = torch.full((known.shape[1], LEVELS), 1 / LEVELS, dtype=torch.float64)
    counts.scatter_add_(1, known.t(), torch.ones_like(known.t(), dtype=torch.float64))
    return -float((counts / counts.sum(1, keepdim=True)).log2().gather(1, asked.t()).mean())


def main(folder: Path) -> None:
    """Trains and prints."""
    data = sparring.recipe("flow-digits").data.load()
    (real, classes), (held_out, _) = samples(data), samples(data.held_out)
    features, accuracy = train_features(real, classes)

    def distances(images: Tensor) -> str:
        sets = torch.split(images, len(held_out))
        frechet = fmean(frechet_distance_of_features(features(real), features(one)) for one in sets)
        return f"{frechet:.2f} | {fmean(sliced_wasserstein(real, one) for one in sets):.3f}"

    print("| training | bits/dim, held out | learned from | FD | SW |\n|---|---|---|---|---|")
    independent = independent_bits(real, held_out)
    print(f"| none: independent pixels; digits held out | {independent:.2f} | | {distances(held_out)} |")
    for name, (recipe, *changes) in LINES.items():
        model = sparring.train(sparring.recipe(recipe, *changes), folder / name, device="cpu")
        with model.game.evaluating():
            bits = [model.game.validation_metrics(images, None)["bits_per_dim"] for images in (held_out, real)]
        drawn = quantize(model.sample(SETS * len(held_out)), LEVELS)
        print(f"| {name} | {bits[0]:,.2f} | {bits[1]:,.2f} | {distances(drawn)} |", flush=True)
    print(f"\nThe perceptron is right on {accuracy:.1%} of the digits that it did not see.")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/flow-gan"))
