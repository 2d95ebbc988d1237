"""The gain of our StyleGAN layers: modulated convolution, resampling and activation against plain versions.

    python benchmarks/stylegan_layers.py            # about three minutes on two cores

The plain versions modulate weights for each sample and use a grouped convolution, insert zeros before filtering, and
run one operation after the other. Both take turns in one process, once with the default allocator and once with that of
`spar train`; ours in the channels-last layout of training, the plain ones in PyTorch's default. Milliseconds are
medians, of a forward pass and of one with its gradients.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose2d, leaky_relu, pad

from sparring.layers.convolution import convolve_transposed
from sparring.layers.equalized import biased_activation
from sparring.layers.modulation import demodulation, modulated_convolution, scale_channels
from sparring.layers.resampling import normalize_taps, upfirdn
from sparring.training.allocator import keep_memory

Function = Callable[..., Tensor]
TAPS = normalize_taps((1, 3, 3, 1))


def plain_upfirdn(images: Tensor, up: int, down: int, around: int, gain: float) -> Tensor:
    count, channels, height, width = images.shape
    spread = images.view(count, channels, height, 1, width, 1)
    spread = pad(spread, (0, up - 1, 0, 0, 0, up - 1)).view(count, channels, height * up, width * up)
    kernel = (TAPS[:, None] * TAPS * gain).expand(channels, 1, 4, 4)
    return conv2d(pad(spread, [around] * 4), kernel, groups=channels)[:, :, ::down, ::down]


def plain_weights(weight: Tensor, styles: Tensor) -> Tensor:
    modulated = weight[None] * styles[:, None, :, None, None]
    return modulated * (modulated.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()


def plain_modulation(images: Tensor, styles: Tensor, weight: Tensor) -> Tensor:
    count, _, height, width = images.shape
    weights = plain_weights(weight, styles).flatten(0, 1)
    convolved = conv2d(images.reshape(1, -1, height, width), weights, padding=1, groups=count)
    return convolved.view(count, -1, height, width)


def plain_growing(images: Tensor, styles: Tensor, weight: Tensor) -> Tensor:
    count, _, height, width = images.shape
    weights = plain_weights(weight, styles).transpose(1, 2).flatten(0, 1)
    grown = conv_transpose2d(images.reshape(1, -1, height, width), weights, stride=2, groups=count)
    return plain_upfirdn(grown.view(count, -1, *grown.shape[2:]), 1, 1, 1, 4)


def growing(images: Tensor, styles: Tensor, weight: Tensor) -> Tensor:
    grown = convolve_transposed(scale_channels(images, styles), weight.transpose(0, 1), stride=2)
    factors = demodulation(weight.square().sum((2, 3)).t(), styles)
    return scale_channels(upfirdn(grown, TAPS, padding=1, gain=4), factors)


def operations() -> dict[str, tuple[list[tuple[int, ...]], Function, Function]]:
    """Returns the shapes of each operation's inputs, its plain version, and ours."""
    wide: list[tuple[int, ...]] = [(16, 128, 64, 64)]
    return {
        "upsample by 2, [16, 128, 64, 64]": (
            wide,
            lambda x: plain_upfirdn(x, 2, 1, 2, 4)[:, :, :-1, :-1],
            lambda x: upfirdn(x, TAPS, up=2, padding=(2, 1, 2, 1), gain=4),
        ),
        "downsample by 2, [16, 128, 64, 64]": (
            wide,
            lambda x: plain_upfirdn(x, 1, 2, 1, 1),
            lambda x: upfirdn(x, TAPS, down=2, padding=1),
        ),
        "filter, [16, 128, 64, 64]": (
            wide,
            lambda x: plain_upfirdn(x, 1, 1, 2, 1),
            lambda x: upfirdn(x, TAPS, padding=2),
        ),
        "bias and activation, [16, 128, 64, 64]": (
            [*wide, (128,)],
            lambda x, b: leaky_relu(x + b[:, None, None], 0.2) * 2**0.5,
            biased_activation,
        ),
        "modulated convolution, [16, 128, 32, 32]": (
            [(16, 128, 32, 32), (16, 128), (128, 128, 3, 3)],
            plain_modulation,
            modulated_convolution,
        ),
        "modulated convolution, [8, 512, 8, 8]": (
            [(8, 512, 8, 8), (8, 512), (512, 512, 3, 3)],
            plain_modulation,
            modulated_convolution,
        ),
        "modulated, upsampling, [16, 128, 16, 16] to 64 channels": (
            [(16, 128, 16, 16), (16, 128), (64, 128, 3, 3)],
            plain_growing,
            growing,
        ),
    }


def clock(function: Function, inputs: list[Tensor], gradients: bool) -> float:
    start = time.perf_counter()
    with torch.set_grad_enabled(gradients):
        outputs = function(*inputs)
        if gradients:
            torch.autograd.grad(outputs, inputs, torch.ones_like(outputs))
    return 1000 * (time.perf_counter() - start)


def measure(rounds: int) -> None:
    """Prints the rows of this process's table."""
    for name, (shapes, plain, ours) in operations().items():
        torch.manual_seed(0)
        inputs = [torch.randn(shape, requires_grad=True) for shape in shapes]
        channels_last = [
            one.detach().contiguous(memory_format=torch.channels_last).requires_grad_() if one.dim() == 4 else one
            for one in inputs
        ]
        torch.testing.assert_close(ours(*channels_last), plain(*inputs), rtol=1e-3, atol=1e-3)
        cells = []
        for gradients in (False, True):
            times = [
                (clock(plain, inputs, gradients), clock(ours, channels_last, gradients)) for _ in range(rounds + 1)
            ][1:]
            first, second = (statistics.median(column) for column in zip(*times, strict=True))
            ratio = statistics.median(before / after for before, after in times)
            cells.append(f"{first:.1f} → {second:.1f} ({ratio:.1f}x)")
        print(f"| {name} | {cells[0]} | {cells[1]} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--allocator", choices=["default", "tuned"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.allocator == "tuned":
        keep_memory()
    if options.allocator:
        measure(options.rounds)
    for allocator in () if options.allocator else ("default", "tuned"):
        print(f"\n{options.threads} threads, {allocator} allocator, ms: plain → ours\n")
        print("| operation | forward | forward and gradients |\n|---|---|---|", flush=True)
        subprocess.run([sys.executable, __file__, *sys.argv[1:], "--allocator", allocator], check=True)


if __name__ == "__main__":
    main()
