"""The engine's gain for small networks: a step of the `ring` recipe against a plain PyTorch loop.

    python benchmarks/perceptrons.py            # under a minute on two cores

The plain loop computes the same: relativistic pairs with R1 and R2, Adam, an average of the generator. It scores real
and generated samples one after the other, differentiates twice, and uses PyTorch's default optimizer and threads.
"""

import copy
import tempfile
from itertools import pairwise
from pathlib import Path
from unittest import mock

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

import contest
from sparring.networks import MLP
from sparring.recipes import recipe
from sparring.runner.train import build_run
from sparring.training.folder import RunFolder
from sparring.training.loop import play_step

RATE, BETAS, WEIGHT = 2e-3, (0.0, 0.99), 1.0


def by_hand(width: int, batch: int, threads: int = 0) -> contest.Step:
    if threads:
        torch.set_num_threads(threads)

    def build(inputs: int, outputs: int, depth: int) -> nn.Sequential:
        sizes = [inputs, *[width] * depth]
        hidden = [layer for low, high in pairwise(sizes) for layer in (nn.Linear(low, high), nn.LeakyReLU(0.2))]
        return nn.Sequential(*hidden, nn.Linear(sizes[-1], outputs))

    generator, discriminator = build(2, 2, 4), build(2, 1, 3)
    average = copy.deepcopy(generator).requires_grad_(False)
    of_generator = torch.optim.Adam(generator.parameters(), RATE, BETAS)
    of_discriminator = torch.optim.Adam(discriminator.parameters(), RATE, BETAS)
    data = torch.from_numpy(recipe("ring").data.load().points)

    def gradient_penalty(scores: Tensor, samples: Tensor) -> Tensor:
        (gradient,) = torch.autograd.grad(scores.sum(), samples, create_graph=True)
        return gradient.square().sum(1).mean() / 2

    def step() -> None:
        real = data[torch.randint(len(data), (batch,))].requires_grad_()
        with torch.no_grad():
            fake = generator(torch.randn(batch, 2))
        fake.requires_grad_()
        on_real, on_fake = discriminator(real), discriminator(fake)
        penalties = gradient_penalty(on_real, real) + gradient_penalty(on_fake, fake)
        loss = softplus(on_fake - on_real).mean() + WEIGHT * penalties
        of_discriminator.zero_grad()
        loss.backward()
        of_discriminator.step()
        discriminator.requires_grad_(False)
        on_fake, on_real = discriminator(generator(torch.randn(batch, 2))), discriminator(real.detach())
        of_generator.zero_grad()
        softplus(on_real - on_fake).mean().backward()
        of_generator.step()
        discriminator.requires_grad_(True)
        with torch.no_grad():
            for mean, weight in zip(average.parameters(), generator.parameters(), strict=True):
                mean.lerp_(weight, 0.001)

    return step


def by_engine(width: int, batch: int, in_one: bool = True, recorded: bool = True) -> contest.Step:
    torch.set_num_threads(1)
    if not in_one:
        mock.patch.object(MLP, "_is_fused", return_value=False).start()
    settings = [f"generator.width={width}", f"discriminator.width={width}", f"training.batch={batch}"]
    chosen = recipe("ring", *settings, f"training.recorded={recorded}", "training.images=10_000_000_000")
    run = build_run(chosen, chosen.data.load(), RunFolder(Path(tempfile.gettempdir())), torch.device("cpu"))
    return lambda: play_step(run)


CONTENDERS = {
    "by hand": (False, lambda *size: by_hand(*size)),
    "by hand, one thread": (False, lambda *size: by_hand(*size, threads=1)),
    "engine, layer by layer": (True, lambda *size: by_engine(*size, in_one=False, recorded=False)),
    "engine, perceptrons in one operation": (True, lambda *size: by_engine(*size, recorded=False)),
    "engine, moves from recordings": (True, lambda *size: by_engine(*size)),
}

if __name__ == "__main__":
    contest.run(__file__, __doc__, CONTENDERS, "Ring", steps=200)
