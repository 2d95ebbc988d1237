"""Flow-GAN on digits: likelihood training, adversarial training, and both together.

    python benchmarks/flow_gan.py runs/flow-gan        # twenty minutes on one core; resumes where it stopped

Trains one small Real NVP by three objectives on nine tenths of scikit-learn's digits and prints the table of
docs/games/flow-gan.md, for averaged weights:

- bits/dim: the cost of a pixel of 17 levels, for the held-out and for the training digits, by the exact change of
  variables with one sample of uniform noise (`FlowGAN.validation_metrics`). In the first line pixels are independent,
  each with its histogram of the training digits (plus one more digit spread over all levels).
- FD: the Fréchet distance between samples, cut to 17 levels, and the training digits, in the 64 hidden units of a
  perceptron that classifies digits, trained on a random half of them; its accuracy on the other half is printed.
- SW: their sliced Wasserstein distance, in pixels.

FD and SW are means over nine sets of 180 samples, as many as there are held-out digits; the row of the held-out digits
shows the scores of samples as good as real ones.
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
"""The recipe of each line."""


def samples(data: Dataset | None) -> tuple[Tensor, Any]:
    """Returns all samples of the set, and their classes."""
    assert data is not None
    images, classes = data.batch(np.arange(len(data)), torch.Generator())
    assert classes is not None
    return images, classes.numpy()


def train_features(images: Tensor, classes: Any) -> tuple[Callable[[Tensor], Tensor], float]:
    """Returns a perceptron's hidden units [N, 64] as a function of images [N, C, H, W], and its held-out accuracy."""
    from sklearn.neural_network import MLPClassifier  # type: ignore[import-untyped, unused-ignore]

    order = np.random.default_rng(0).permutation(len(images))
    learned, unseen = np.array_split(order, 2)
    flat = images.flatten(1).numpy()
    reader = MLPClassifier((64,), max_iter=1000, random_state=0).fit(flat[learned], classes[learned])
    weight, bias = torch.from_numpy(reader.coefs_[0]), torch.from_numpy(reader.intercepts_[0])
    return lambda samples: (samples.flatten(1) @ weight + bias).relu(), reader.score(flat[unseen], classes[unseen])


def independent_bits(learned: Tensor, held_out: Tensor) -> float:
    """Returns the bits/dim of `held_out` under independent pixels, each with its histogram in `learned`."""
    known, coded = (((images + 1) * (LEVELS - 1) / 2).round().long().flatten(1) for images in (learned, held_out))
    counts = torch.full((known.shape[1], LEVELS), 1 / LEVELS, dtype=torch.float64)
    counts.scatter_add_(1, known.t(), torch.ones_like(known.t(), dtype=torch.float64))
    return -float((counts / counts.sum(1, keepdim=True)).log2().gather(1, coded.t()).mean())


def main(folder: Path) -> None:
    """Trains the models and prints the table."""
    data = sparring.recipe("flow-digits").data.load()
    (real, classes), (held_out, _) = samples(data), samples(data.held_out)
    features, accuracy = train_features(real, classes)

    def distances(images: Tensor) -> str:
        sets = torch.split(images, len(held_out))
        frechet = fmean(frechet_distance_of_features(features(real), features(one)) for one in sets)
        return f"{frechet:.2f} | {fmean(sliced_wasserstein(real, one) for one in sets):.3f}"

    print("| training | bits/dim, held out | training | FD | SW |\n|---|---|---|---|---|")
    independent = independent_bits(real, held_out)
    print(f"| none: independent pixels; digits held out | {independent:.2f} | | {distances(held_out)} |")
    for name, (recipe, *changes) in LINES.items():
        model = sparring.train(sparring.recipe(recipe, *changes), folder / name, device="cpu")
        with model.game.evaluating():
            bits = [model.game.validation_metrics(images, None)["bits_per_dim"] for images in (held_out, real)]
        quantized = quantize(model.sample(SETS * len(held_out)), LEVELS)
        print(f"| {name} | {bits[0]:,.2f} | {bits[1]:,.2f} | {distances(quantized)} |", flush=True)
    print(f"\nThe perceptron is right on {accuracy:.1%} of its held-out digits.")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/flow-gan"))
