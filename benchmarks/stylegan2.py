"""The gain of our StyleGAN2: whole training iterations against a straightforward version of the same networks.

    python benchmarks/stylegan2.py                      # about an hour on two cores
    python benchmarks/stylegan2.py 64 forward --rounds 3
    python benchmarks/stylegan2.py 64 --threads 1 --processor-time    # on a shared machine
    python benchmarks/stylegan2.py 64 --where                         # the profile of our iterations

A block is 16 steps: R1 once, path lengths four times, the average always, no augmentations. The plain version is
`plain/stylegan2.py`. Contenders run in separate processes and take turns, block by block, with the default allocator
and with that of `spar train`. Figures are medians over the rounds of images/s, and of the ratio to the plain version
with the same and with the default allocator, within the same round. Memory is the peak of a contender's process.

The peak is the speed of a float32 matrix product, a contender too. The work of an iteration is counted in passes: the
generator's forward 4.75 times (once for the discriminator's move, with its gradients 3 times for its own, with second
derivatives 6 times on half a batch for every fourth), the discriminator's 8.3 times (3 for each side, 2 for the
generator's move, 5 for R1 in every sixteenth).
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # like `spar`, for all contenders, before PyTorch is imported

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

import contest
from plain import stylegan2 as plain
from sparring.data import Images, to_pixels
from sparring.games import GAN
from sparring.networks import StyleGAN2Discriminator, StyleGAN2Generator
from sparring.recipes.stylegan2 import choose_gamma, plan_game, plan_training
from sparring.training.allocator import keep_memory
from sparring.training.folder import RunFolder
from sparring.training.loop import play_step
from sparring.training.precision import Precision
from sparring.training.run import Run

Work = tuple[str, int, int, int, tuple[str, ...]]

WORKS: dict[str, Work] = {
    "64": ("64x64, channel base 2048, mapping 2, batch 16", 64, 2048, 16, ("float32",)),
    "32": ("32x32, channel base 16384, mapping 8, batch 8", 32, 16384, 8, ("float32", "bfloat16")),
    "forward": ("64x64, generator's forward alone, batch 16", 64, 2048, 16, ("float32",)),
}
"""The title of each work, the side of its images, channel base, batch, and our number formats."""

MAPPING = {"64": 2, "32": 8, "forward": 2}
PRODUCT = 2048
"""Rows and columns of the matrices whose product is the peak."""


def build_game(work: str) -> GAN:
    _, side, base, batch, _ = WORKS[work]
    torch.manual_seed(0)
    generator = StyleGAN2Generator.Spec(channel_base=base, mapping_layers=MAPPING[work])
    discriminator = StyleGAN2Discriminator.Spec(channel_base=base)
    spec = plan_game(generator, discriminator, 512, choose_gamma(side, side, batch))
    spec = spec.model_copy(update={"augmentations": ()})
    return GAN(spec, (3, side, side), GAN.Spec().build((3, side, side)).condition)


def build(work: str, contender: str) -> contest.Step:
    _, side, _, batch, _ = WORKS[work]
    by, *form = contender.split()
    if by == "product":
        one, other = (torch.randn(PRODUCT, PRODUCT) for _ in range(2))
        return lambda: one @ other
    game = build_game(work)
    check(game)
    if work == "forward":
        return forward(game, by, batch)
    training = plan_training(10**9, batch)
    pixels = to_pixels(torch.rand(512, 3, side, side) * 2 - 1)
    if by == "plain":
        return plain.loop(game, training, torch.from_numpy(pixels))
    training = training.model_copy(update={"precision": form[0], "record_every": 10**6})
    placement = Precision(torch.device("cpu"), training.precision, training.layout)
    run = Run(game, Images(pixels), training, RunFolder(Path(tempfile.gettempdir())), placement, seed=0)
    return lambda: play_step(run)


def forward(game: GAN, by: str, batch: int) -> contest.Step:
    network = game.generator.eval()
    latents, noise = torch.randn(batch, 512), network.constant_noise()
    if by == "ours":
        Precision(torch.device("cpu"), "float32", "channels_last").place_network(network)

    @torch.no_grad()
    def step() -> Tensor:
        if by == "ours":
            return network(latents)
        ws = network.broadcast(plain.map_latents(network, latents))
        return plain.synthesize(network, ws, noise).clamp(-1, 1)

    return step


@torch.no_grad()
def check(game: GAN) -> None:
    """Checks that both versions compute the same functions."""
    network, latents = game.generator.eval(), torch.randn(4, 512)
    ws = network.broadcast(network.mapping(latents))
    images = network.synthesize(ws, network.constant_noise())
    torch.testing.assert_close(plain.map_latents(network, latents), ws[:, 0], rtol=1e-4, atol=1e-4)
    plain_images = plain.synthesize(network, ws, network.constant_noise())
    torch.testing.assert_close(plain_images, images, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(
        plain.score(game.discriminator, images), game.discriminator(images), rtol=1e-3, atol=1e-3
    )
    game.train()


def count_work(work: str) -> float:
    """Returns the floating-point operations of a block of steps, by image."""
    game, batch = build_game(work).requires_grad_(False), WORKS[work][3]
    with torch.no_grad(), FlopCounterMode(display=False) as of_generator:
        images = game.generator(torch.randn(batch, 512))
    with torch.no_grad(), FlopCounterMode(display=False) as of_discriminator:
        game.discriminator(images)
    passes = (1, 0) if work == "forward" else (4.75, 8.3)
    return (passes[0] * of_generator.get_total_flops() + passes[1] * of_discriminator.get_total_flops()) / batch


def compare(work: str, steps: int, rounds: int, kinds: list[str]) -> None:
    title, _, _, batch, formats = WORKS[work]
    names = [f"{by} {kind}" for by in ("plain float32", *(f"ours {form}" for form in formats)) for kind in kinds]
    options = [argument for argument in sys.argv[1:] if argument not in WORKS]
    command = [sys.executable, __file__, work, *options, "--serve"]
    commands = {name: [*command, name] for name in [*names, "product"]}
    turns = contest.take_turns(commands, steps, rounds)
    seconds = {name: own.seconds for name, own in turns.items()}
    images, each = steps * batch, count_work(work)
    peak = statistics.median(steps * 2 * PRODUCT**3 / taken for taken in seconds["product"])
    print(f"\n{title}; medians of {rounds} rounds of {steps} steps; peak {peak / 1e9:.0f} GFLOP/s\n")
    ratios_to = f"to plain, same allocator | to plain, {kinds[0]} allocator"
    print(f"| | allocator | images/s | of the peak | {ratios_to} | memory, MB |")
    print("|---|---|---|---|---|---|---|")
    for name in names:
        by, form, kind = name.split()
        speed = statistics.median(images / taken for taken in seconds[name])
        ratios = [contest.ratio(seconds[f"plain float32 {other}"], seconds[name]) for other in (kind, kinds[0])]
        cells = [f"{by}, {form}", kind, f"{speed:.2f}", f"{each * speed / peak:.0%}", *(f"{one:.2f}" for one in ratios)]
        print(f"| {' | '.join(cells)} | {turns[name].memory_mb:.0f} |", flush=True)


SPENT = {
    "convolutions": ("conv",),
    "matrix products": ("mm", "addmm", "bmm", "baddbmm", "linear", "dot"),
    "copies, padding, layouts": ("copy", "cat", "clone", "pad", "contiguous", "fill", "zero", "stack", "empty", "to_"),
    "sums": ("sum", "mean", "norm", "var"),
    "Adam and the average": ("foreach", "fused", "lerp"),
}
"""Parts of operation names; the first match counts, and all others are element by element."""


def print_profile(work: str, form: str, steps: int) -> None:
    """Prints the shares of the time of a block by kind of operation."""
    step = build(work, f"ours {form}")
    for _ in range(3):
        step()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        for _ in range(steps):
            step()
    spent = dict.fromkeys([*SPENT, "element by element"], 0.0)
    for operation in profile.key_averages():
        name = operation.key.lower()
        kinds = (kind for kind, marks in SPENT.items() if any(mark in name for mark in marks))
        spent[next(kinds, "element by element")] += operation.self_cpu_time_total
    print(f"\n{WORKS[work][0]}, {form}: where the time goes\n\n| | share |\n|---|---|")
    for kind, taken in sorted(spent.items(), key=lambda one: -one[1]):
        print(f"| {kind} | {taken / sum(spent.values()):.0%} |")


KINDS = {"default": False, "tuned": True}
"""Whether the allocator keeps memory."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", nargs="*", metavar="WORK", help=f"of {', '.join(WORKS)}")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--steps", type=int, default=16, help="steps in a block; R1 is due in every sixteenth")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tuned", action="store_true", help="the tuned allocator only, for all: half of the time")
    parser.add_argument("--processor-time", action="store_true", help="count processor time only; one thread")
    parser.add_argument("--where", action="store_true", help="only print the profile of our iterations")
    chosen = parser.parse_args()
    if chosen.serve:
        torch.set_num_threads(chosen.threads)
        clock = time.process_time if chosen.processor_time else time.perf_counter
        contest.serve(chosen.serve.endswith("tuned"), lambda: build(chosen.works[-1], chosen.serve), clock)
        return
    for work in chosen.works or WORKS:
        if chosen.where:
            keep_memory()
            torch.set_num_threads(chosen.threads)
            for form in WORKS[work][-1]:
                print_profile(work, form, chosen.steps)
            continue
        compare(work, chosen.steps, chosen.rounds, ["tuned"] if chosen.tuned else list(KINDS))


if __name__ == "__main__":
    main()
