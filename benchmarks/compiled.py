"""The gain of `torch.compile`, channels-last and bfloat16 for StyleGAN2's training on a GPU, over plain float32.

    python benchmarks/compiled.py                                       # minutes on a GPU: it compiles twice
    python benchmarks/compiled.py --side 128 --channel-base 8192 --batch 32
    python benchmarks/compiled.py --device cpu --side 8 --channel-base 16 --batch 4 --rounds 1     # to try the command

A block is 16 steps of `spar train stylegan2-256` without augmentations: R1 once and path lengths four times, neither of
them compiled, the average in every step. Contenders run one after the other, each in its own process; the first block,
in which PyTorch compiles, has a column of its own and is not counted. Figures are medians over the rounds. Memory is
the peak allocated on the GPU, or the peak of the process on a CPU.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # like `spar`, before PyTorch is imported

import torch

from sparring.data import Images, to_pixels
from sparring.errors import DeviceError
from sparring.games import GAN
from sparring.network import Condition
from sparring.networks import StyleGAN2Discriminator, StyleGAN2Generator
from sparring.recipes.stylegan2 import choose_gamma, plan_game, plan_training
from sparring.training.folder import RunFolder
from sparring.training.loop import play_step
from sparring.training.memory import peak_memory_mb
from sparring.training.precision import Precision, find_device
from sparring.training.run import Run

STEPS = 16
CONTENDERS = {
    "float32": ("float32", "contiguous", False),
    "float32, channels-last": ("float32", "channels_last", False),
    "bfloat16, channels-last": ("bfloat16", "channels_last", False),
    "float32, channels-last, compiled": ("float32", "channels_last", True),
    "bfloat16, channels-last, compiled": ("bfloat16", "channels_last", True),
}
"""Number format, layout, and whether moves that differentiate once are compiled."""


def build(contender: str, device: torch.device, side: int, base: int, batch: int) -> Run:
    form, layout, compiled = CONTENDERS[contender]
    torch.manual_seed(0)
    generator = StyleGAN2Generator.Spec(channel_base=base, mapping_layers=2)
    discriminator = StyleGAN2Discriminator.Spec(channel_base=base)
    spec = plan_game(generator, discriminator, 512, choose_gamma(side, side, batch))
    spec = spec.model_copy(update={"augmentations": ()})
    game = GAN(spec, (3, side, side), Condition())
    changes = {"precision": form, "layout": layout, "compiled": compiled, "record_every": 10**9}
    training = plan_training(10**9, batch).model_copy(update=changes)
    pixels = to_pixels(torch.rand(512, 3, side, side) * 2 - 1)
    precision = Precision(device, training.precision, training.layout)
    return Run(game, Images(pixels), training, RunFolder(Path(tempfile.gettempdir())), precision, seed=0)


def serve(contender: str, device: torch.device, side: int, base: int, batch: int, rounds: int) -> None:
    """Prints the seconds of the first block and of each of `rounds` more, and the most memory in MB."""
    run = build(contender, device, side, base, batch)
    for _ in range(1 + rounds):
        start = time.perf_counter()
        for _ in range(STEPS):
            play_step(run)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        print(time.perf_counter() - start)
    print(peak_memory_mb(device))


def compare(title: str, images: int) -> None:
    """Prints the table."""
    print(f"{title}, blocks of {STEPS} steps\n", flush=True)
    print("| | images/s | to plain float32 | memory, MB | first block, s |\n|---|---|---|---|---|", flush=True)
    plain = 0.0
    for name in CONTENDERS:
        command = [sys.executable, __file__, *sys.argv[1:], "--serve", name]
        output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        first, *blocks, memory = map(float, output.split())
        speed = images / statistics.median(blocks)
        plain = plain or speed
        print(f"| {name} | {speed:.1f} | {speed / plain:.2f} | {memory:.0f} | {first:.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--side", type=int, default=256, help="of the images, in pixels")
    parser.add_argument("--channel-base", type=int, default=16384)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3, help="blocks that are counted")
    parser.add_argument("--serve", choices=list(CONTENDERS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    try:
        device = find_device(options.device)
    except DeviceError:
        sys.exit(
            f"there is no {options.device} on this machine, and this table is about GPUs; to try the command, add "
            "--device cpu --side 8 --channel-base 16 --batch 4 --rounds 1"
        )
    size = options.side, options.channel_base, options.batch
    if options.serve:
        serve(options.serve, device, *size, options.rounds)
        return
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else options.device
    title = "StyleGAN2 {0}x{0}, channel base {1}, batch {2}".format(*size)
    compare(f"{name}, PyTorch {torch.__version__}: {title}", STEPS * options.batch)


if __name__ == "__main__":
    main()
