"""The engine's overhead and gain: a DCGAN step against a hand-written PyTorch loop.

    python benchmarks/overhead.py            # about four minutes on two cores

Every contender runs in a separate process (the allocator is set for a process) and they take turns, block by block,
sharing other load. Figures are medians over the rounds of the time of a step and of the ratio to the hand-written loop
within the same round.
"""

import tempfile
from pathlib import Path

import torch

import contest
from sparring.data import Images, to_pixels
from sparring.games import GAN
from sparring.latents import Uniform
from sparring.networks import DCGANDiscriminator, DCGANGenerator
from sparring.training.folder import RunFolder
from sparring.training.loop import play_step
from sparring.training.optimizers import Adam
from sparring.training.plan import Training
from sparring.training.precision import Precision
from sparring.training.run import Run

SHAPE, LATENT = (3, 32, 32), 100


def images() -> Images:
    return Images(to_pixels(torch.rand(4096, *SHAPE, generator=torch.Generator().manual_seed(0)) * 2 - 1))


def by_hand(width: int, batch: int, shared: bool) -> contest.Step:
    """Returns a step of a plain loop: PyTorch's default Adam, contiguous float32, an average weight by weight.

    `shared` generates samples once for both moves and leaves the discriminator unfrozen, like tutorials; otherwise
    it computes the same as the engine.
    """
    generator = DCGANGenerator.Spec(width=width).build((LATENT,), SHAPE)
    discriminator = DCGANDiscriminator.Spec(width=width).build(SHAPE, (1,))
    average = DCGANGenerator.Spec(width=width).build((LATENT,), SHAPE).requires_grad_(False)
    average.load_state_dict(generator.state_dict())
    of_generator = torch.optim.Adam(generator.parameters(), 2e-4, (0.5, 0.999))
    of_discriminator = torch.optim.Adam(discriminator.parameters(), 2e-4, (0.5, 0.999))
    pixels = torch.from_numpy(images().pixels)
    softplus = torch.nn.functional.softplus

    def generate() -> torch.Tensor:
        return generator(torch.rand(batch, LATENT) * 2 - 1)

    def step() -> None:
        real = pixels[torch.randint(len(pixels), (batch,))].float() / 127.5 - 1
        if shared:
            fake = generate()
        else:
            with torch.no_grad():
                fake = generate()
        of_discriminator.zero_grad()
        (softplus(-discriminator(real)).mean() + softplus(discriminator(fake.detach())).mean()).backward()
        of_discriminator.step()
        if not shared:
            discriminator.requires_grad_(False)
            fake = generate()
        of_generator.zero_grad()
        softplus(-discriminator(fake)).mean().backward()
        of_generator.step()
        discriminator.requires_grad_(True)
        with torch.no_grad():
            for mean, weight in zip(average.parameters(), generator.parameters(), strict=True):
                mean.lerp_(weight, 0.001)
            for mean, value in zip(average.buffers(), generator.buffers(), strict=True):
                mean.copy_(value)

    return step


def by_engine(width: int, batch: int, fused: bool, layout: str, precision: str) -> contest.Step:
    adam = Adam(fused=fused)
    training = Training(
        images=10**9,
        batch=batch,
        optimizers={"discriminator": adam, "generator": adam},
        layout=layout,
        precision=precision,
        record_every=50 * batch,
    )
    game = GAN.Spec(
        generator=DCGANGenerator.Spec(width=width),
        discriminator=DCGANDiscriminator.Spec(width=width),
        prior=Uniform(size=LATENT),
    ).build(SHAPE)
    placement = Precision(torch.device("cpu"), training.precision, training.layout)
    run = Run(game, images(), training, RunFolder(Path(tempfile.gettempdir())), placement, seed=0)
    return lambda: play_step(run)


CONTENDERS: dict[str, contest.Contender] = {
    "by hand": (False, lambda width, batch: by_hand(width, batch, shared=False)),
    "by hand, tuned allocator": (True, lambda width, batch: by_hand(width, batch, shared=False)),
    "by hand, like tutorials": (False, lambda width, batch: by_hand(width, batch, shared=True)),
    "engine, everything matched": (False, lambda width, batch: by_engine(width, batch, False, "contiguous", "float32")),
    "engine, float32": (True, lambda width, batch: by_engine(width, batch, True, "channels_last", "float32")),
    "engine, bfloat16": (True, lambda width, batch: by_engine(width, batch, True, "channels_last", "bfloat16")),
}


if __name__ == "__main__":
    contest.run(__file__, __doc__, CONTENDERS, "DCGAN at 32x32", steps=5)
