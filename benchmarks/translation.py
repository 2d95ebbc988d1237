"""The engine's gain over a hand-written loop for image translation: pix2pix at 256x256, CycleGAN at 128x128.

    python benchmarks/translation.py pix2pix       # about six minutes on two cores
    python benchmarks/translation.py cyclegan      # about fifteen

Batch 1, networks and optimizers as published. Every contender runs in a separate process and they take turns, step by
step, sharing other load; figures are medians over the rounds. On a busy machine, `--processor-time` counts the
processor time of one thread instead.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss, softplus

import contest
from sparring.data import Dataset, Images, Jitter, PairedImages, UnpairedImages, to_pixels
from sparring.data.paired_images import Stacked
from sparring.game import Game
from sparring.games import CycleGAN, Pix2Pix
from sparring.layers.normalization import InstanceNorm
from sparring.networks import PatchGAN, ResNetTranslator, UNet
from sparring.training.folder import RunFolder
from sparring.training.loop import play_step
from sparring.training.optimizers import Adam
from sparring.training.plan import Training
from sparring.training.precision import Precision
from sparring.training.run import Run

UNET, RESNET = UNet.Spec(normalization=InstanceNorm()), ResNetTranslator.Spec()
PATCHGAN = PatchGAN.Spec(normalization=InstanceNorm())
POOL = 50


def images(channels: int, side: int) -> Images:
    return Images(to_pixels(torch.rand(64, channels, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1))


def adam(*networks: nn.Module) -> torch.optim.Adam:
    return torch.optim.Adam(chain(*(network.parameters() for network in networks)), 2e-4, (0.5, 0.999))


def pick(pixels: Tensor) -> Tensor:
    return pixels[torch.randint(len(pixels), (1,))].float() / 127.5 - 1


def pix2pix_by_hand() -> contest.Step:
    """Returns a step of a plain loop: one generated image for both moves, the discriminator frozen in the second."""
    generator, discriminator = UNET.build((3, 256, 256), (3, 256, 256)), PATCHGAN.build((6, 256, 256), (1,))
    of_generator, of_discriminator = adam(generator), adam(discriminator)
    pixels = torch.from_numpy(images(6, 256).pixels)

    def step() -> None:
        target, source = pick(pixels).chunk(2, 1)
        translated = generator(source)
        of_discriminator.zero_grad()
        real = discriminator(torch.cat((target, source), 1))
        fake = discriminator(torch.cat((translated.detach(), source), 1))
        ((softplus(-real).mean() + softplus(fake).mean()) / 2).backward()
        of_discriminator.step()
        discriminator.requires_grad_(False)
        of_generator.zero_grad()
        fooled = softplus(-discriminator(torch.cat((translated, source), 1))).mean()
        (fooled + 100 * l1_loss(translated, target)).backward()
        of_generator.step()
        discriminator.requires_grad_(True)

    return step


def cyclegan_by_hand() -> contest.Step:
    """Returns a step of a plain loop: generators, then discriminators, with a pool of 50 images of each domain."""
    shape = (3, 128, 128)
    to_b, to_a = RESNET.build(shape, shape), RESNET.build(shape, shape)
    of_a, of_b = PATCHGAN.build(shape, (1,)), PATCHGAN.build(shape, (1,))
    of_generators, of_discriminators = adam(to_b, to_a), adam(of_a, of_b)
    pixels, pools = torch.from_numpy(images(3, 128).pixels), ([], [])  # type: tuple[Tensor, tuple[list[Tensor], ...]]

    def query(pool: list[Tensor], image: Tensor) -> Tensor:
        if len(pool) < POOL:
            pool.append(image)
            return image
        if random.random() < 0.5:
            return image
        place = random.randrange(POOL)
        older, pool[place] = pool[place], image
        return older

    def discriminator_loss(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        loss: Tensor = ((discriminator(real) - 1).square().mean() + discriminator(fake).square().mean()) / 2
        return loss

    def step() -> None:
        a, b = pick(pixels), pick(pixels)
        of_a.requires_grad_(False)
        of_b.requires_grad_(False)
        of_generators.zero_grad()
        fake_b, fake_a = to_b(a), to_a(b)
        cycle = l1_loss(to_a(fake_b), a) + l1_loss(to_b(fake_a), b)
        fooled = (of_b(fake_b) - 1).square().mean() + (of_a(fake_a) - 1).square().mean()
        (fooled + 10 * cycle).backward()
        of_generators.step()
        of_a.requires_grad_(True)
        of_b.requires_grad_(True)
        of_discriminators.zero_grad()
        pooled_a, pooled_b = query(pools[0], fake_a.detach()), query(pools[1], fake_b.detach())
        (discriminator_loss(of_a, a, pooled_a) + discriminator_loss(of_b, b, pooled_b)).backward()
        of_discriminators.step()

    return step


def in_bfloat16(build: Callable[[], contest.Step]) -> contest.Step:
    step = build()

    def wrapped() -> None:
        with torch.autocast("cpu", torch.bfloat16):
            step()

    return wrapped


def by_engine(game: Game, data: Dataset, layout: str, precision: str) -> contest.Step:
    training = Training(
        images=10**9,
        batch=1,
        optimizers={team.name: Adam() for team in game.teams},
        averages={},
        layout=layout,
        precision=precision,
        record_every=50,
    )
    placement = Precision(torch.device("cpu"), training.precision, training.layout)
    run = Run(game, data, training, RunFolder(Path(tempfile.gettempdir())), placement, seed=0)
    return lambda: play_step(run)


def pix2pix(layout: str, precision: str, at_once: bool = False) -> contest.Step:
    data = PairedImages(images(6, 256), Stacked(3), "noise", Jitter())
    order = (("generator", "discriminator"),) if at_once else ("discriminator", "generator")
    spec = Pix2Pix.Spec(generator=UNET, discriminator=PATCHGAN, order=order)
    return by_engine(spec.build(data.shape, data.condition), data, layout, precision)


def cyclegan(layout: str, precision: str) -> contest.Step:
    data = UnpairedImages(images(3, 128), images(3, 128), Jitter())
    spec = CycleGAN.Spec(generator=RESNET, discriminator=PATCHGAN)
    return by_engine(spec.build(data.shape, data.condition), data, layout, precision)


Contenders = dict[str, tuple[bool, Callable[[], contest.Step]]]
"""Whether the allocator keeps memory, and the function that builds a step."""

GAMES: dict[str, Contenders] = {
    "pix2pix": {
        "by hand": (False, pix2pix_by_hand),
        "by hand, tuned allocator": (True, pix2pix_by_hand),
        "by hand, tuned allocator, bfloat16": (True, lambda: in_bfloat16(pix2pix_by_hand)),
        "engine, float32": (True, lambda: pix2pix("channels_last", "float32")),
        "engine, float32, contiguous": (True, lambda: pix2pix("contiguous", "float32")),
        "engine, float32, at once": (True, lambda: pix2pix("channels_last", "float32", at_once=True)),
        "engine, float32, contiguous, at once": (True, lambda: pix2pix("contiguous", "float32", at_once=True)),
        "engine, bfloat16": (True, lambda: pix2pix("channels_last", "bfloat16")),
        "engine, bfloat16, at once": (True, lambda: pix2pix("channels_last", "bfloat16", at_once=True)),
    },
    "cyclegan": {
        "by hand": (False, cyclegan_by_hand),
        "by hand, tuned allocator": (True, cyclegan_by_hand),
        "by hand, tuned allocator, bfloat16": (True, lambda: in_bfloat16(cyclegan_by_hand)),
        "engine, float32": (True, lambda: cyclegan("channels_last", "float32")),
        "engine, float32, contiguous": (True, lambda: cyclegan("contiguous", "float32")),
        "engine, bfloat16": (True, lambda: cyclegan("channels_last", "bfloat16")),
    },
}

TITLES = {
    "pix2pix": "pix2pix, U-Net at 256x256, batch 1",
    "cyclegan": "CycleGAN, ResNet of 9 blocks at 128x128, batch 1",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("game", choices=GAMES)
    parser.add_argument("--steps", type=int, default=1, help="steps in a block")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", nargs="*", metavar="NAME", help="the contenders to compare with the first")
    parser.add_argument("--processor-time", action="store_true", help="of one thread, in place of wall time")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    contenders = GAMES[options.game]
    if options.serve:
        if options.processor_time:
            torch.set_num_threads(1)
        clock = time.process_time if options.processor_time else time.perf_counter
        contest.serve(*contenders[options.serve], clock)
        return
    first, *others = contenders
    wanted = [name for name in others if not options.only or name in options.only]
    command = [sys.executable, __file__, options.game, *["--processor-time"] * options.processor_time]
    contest.compare(command, TITLES[options.game], [first, *wanted], options.steps, options.rounds)


if __name__ == "__main__":
    main()
