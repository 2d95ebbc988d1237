"""The overhead of feature extraction: `extract_features` from bytes against bare forward passes.

    python benchmarks/features.py                          # about five minutes on two cores
    python benchmarks/features.py --backbone inception     # random weights: speed does not depend on them

"Bare" calls the same network on prepared images: resized, float32, channels last. `extract_features` reads each batch
of uint8 from random places of an array, resizes it ("clean") and runs the network. Both share a process and take turns;
figures are medians over the rounds of images/s and of the ratio within the same round. "CPU" is the same ratio in
processor time of all threads, which is less sensitive to other load.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from sparring.backbones import find_backbone
from sparring.backbones.backbone import Backbone
from sparring.backbones.extraction import extract_features
from sparring.backbones.inception import Inception
from sparring.backbones.resizing import resize_for_backbone
from sparring.backbones.weights import load_frozen
from sparring.training.allocator import keep_memory

SOURCES = ((1, 28), (3, 32), (3, 256))
BATCHES = (32, 64)


def inception() -> Backbone:
    return Backbone("inception", load_frozen(Inception, Inception().state_dict(), "random weights"), 299, "")


BACKBONES: dict[str, Callable[[], Backbone]] = {"lite0": lambda: find_backbone("lite0"), "inception": inception}


def shuffled(images: Tensor, batch: int) -> Iterator[Tensor]:
    for indices in torch.randperm(len(images), generator=torch.Generator().manual_seed(0)).split(batch):
        yield images[indices]


def timed(work: Callable[[], object]) -> tuple[float, float]:
    start, start_of_processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - start_of_processor


def compare(network: Backbone, images: Tensor, batch: int, ahead: int, rounds: int) -> str:
    """Returns a table's row: images/s bare and by `extract_features`, and their ratio in time and processor time."""
    prepared = [resize_for_backbone(part, network.size) for part in shuffled(images, batch)]

    def bare() -> None:
        for part in prepared:
            network.extract(part)

    def extract() -> None:
        for _ in extract_features(network, shuffled(images, batch), ahead=ahead):
            pass

    bare(), extract()
    pairs = [(timed(bare), timed(extract)) for _ in range(rounds)]
    ratio, of_processor = (statistics.median(one[at] / other[at] for one, other in pairs) for at in (0, 1))
    speeds = [len(images) / statistics.median(pair[side][0] for pair in pairs) for side in (0, 1)]
    channels, side = images.shape[1:3]
    cells = (f"{side}x{side}x{channels}", batch, *(f"{speed:.1f}" for speed in speeds))
    return f"| {' | '.join(map(str, cells))} | {ratio:.3f} | {of_processor:.3f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", choices=list(BACKBONES), default="lite0")
    parser.add_argument("--images", type=int, default=256, help="in a set")
    parser.add_argument(
        "--ahead", type=int, default=2, help="batches that the loading thread may be ahead of the network"
    )
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    keep_memory()
    network = BACKBONES[options.backbone]()
    print(f"{network.name}, {torch.get_num_threads()} threads; medians of {options.rounds} interleaved rounds\n")
    print("| images | batch | bare, images/s | extract_features, images/s | ratio | CPU |\n|---|---|---|---|---|---|")
    for channels, side in SOURCES:
        images = torch.randint(0, 256, (options.images, channels, side, side), dtype=torch.uint8)
        for batch in BATCHES:
            print(compare(network, images, batch, options.ahead, options.rounds), flush=True)


if __name__ == "__main__":
    main()
