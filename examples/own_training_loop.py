"""Borrows an adversary for a training loop of one's own: an autoencoder with an adversarial loss, as tokenizers have.

python examples/own_training_loop.py             # without and with it; or name other weights: 0 0.01 0.1
"""

import sys

import numpy as np
import torch
from torch import nn
from torch.nn.functional import l1_loss

from sparring.adversary import AdversarialSpec, Adversary, GeneratedBatch
from sparring.data import Digits
from sparring.game import Batch
from sparring.losses import LeastSquares
from sparring.metrics import sliced_wasserstein
from sparring.networks import DCGANDiscriminator
from sparring.penalties import R1


def build_autoencoder(code: int = 4, width: int = 128) -> nn.Module:
    """Returns perceptrons from images [N, 1, 16, 16] to `code` numbers and back to images in [-1, 1]."""
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(256, width), nn.ReLU(), nn.Linear(width, code))
    decoder = nn.Sequential(nn.Linear(code, width), nn.ReLU(), nn.Linear(width, 256), nn.Tanh())
    return nn.Sequential(encoder, decoder, nn.Unflatten(1, (1, 16, 16)))


def main(steps: int = 400, size: int = 64, adversarial_weight: float = 0.02) -> tuple[float, float]:
    """Trains an autoencoder; returns its L1 distance, and that of the outputs' distribution to the data's."""
    torch.manual_seed(0)
    data, random, rng = Digits().load(), torch.Generator().manual_seed(0), np.random.default_rng(0)
    autoencoder = build_autoencoder()
    discriminator = DCGANDiscriminator.Spec(width=16).build(data.shape, (1,))
    rules = AdversarialSpec(losses=LeastSquares(a=0, b=1, c=1), penalties=(R1(weight=0.1, every=4),))
    adversary = Adversary(rules, discriminator, data.shape, autoencoder)
    optimizer = torch.optim.Adam(autoencoder.parameters(), 2e-3)
    its_optimizer = torch.optim.Adam(discriminator.parameters(), 4e-4, betas=(0.0, 0.99))

    for step in range(steps):
        images, _ = data.batch(rng.integers(len(data), size=size), random)
        batch = Batch(images, None, step, random, images=step * size)

        reconstruction = autoencoder(images)
        losses, _ = adversary.fool(batch, GeneratedBatch(reconstruction, images, autoencoder))
        loss = l1_loss(reconstruction, images) + adversarial_weight * sum(losses.values())
        optimizer.zero_grad()
        loss.backward()  # reaches the discriminator too; its gradients are cleared below
        optimizer.step()

        losses, _ = adversary.discriminate(batch, GeneratedBatch(reconstruction.detach(), images, autoencoder))
        its_optimizer.zero_grad()
        sum(losses.values()).backward()
        its_optimizer.step()

    with torch.no_grad():
        images, _ = data.batch(np.arange(512), random)
        reconstruction = autoencoder(images)
    distance, gap = float(l1_loss(reconstruction, images)), sliced_wasserstein(images, reconstruction)
    print(f"adversarial weight {adversarial_weight}: L1 {distance:.4f}, sliced Wasserstein distance {gap:.4f}")
    return distance, gap


if __name__ == "__main__":
    torch.set_num_threads(1)
    for weight in map(float, sys.argv[1:] or ("0", "0.02")):
        main(adversarial_weight=weight)
