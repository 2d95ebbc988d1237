"""Features of a stream of images: the next batches are decoded while the backbone processes this one."""

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Literal

import torch
from torch import Tensor
from torch.backends import cudnn

from sparring.backbones.backbone import Backbone, Features, Resizer
from sparring.backbones.resizing import resize_for_backbone
from sparring.errors import MetricError


def extract_features(
    backbone: Backbone,
    batches: Iterable[Tensor],
    resizer: Resizer = "clean",
    device: torch.device | str = "cpu",
    precision: Literal["float32", "bfloat16"] = "float32",
    ahead: int = 2,
) -> Generator[Features, None, None]:
    """Yields the features of each of `batches`, uint8 [B, C, H, W], in order: float32, on the CPU.

    Batches may differ in size, channels and resolution. A background thread reads them, at most `ahead` of the network,
    to overlap decoding with computation. The thread has no gradients and none of PyTorch's other thread-local state
    (autocast, default device). `ahead=0` reads in the caller's thread: for batches that another network generates,
    where two computations at once would only compete.

    Resizing runs with the network: on the CPU with all of PyTorch's threads; on a GPU there, after a copy of bytes from
    pinned memory. Closing or exhausting the iterator ends the thread, after its current batch.

    Args:
        backbone: its network is on `device`.
        batches: an error of the iterator is raised after all earlier batches were yielded.
        resizer: see `resize_for_backbone`.
        device: where to resize and to run the network.
        precision: `bfloat16` is autocast, and changes scores; TensorFloat-32 is never used.
        ahead: 0 or more.

    Raises:
        MetricError: images that the backbone does not support, or features that are not finite.
    """
    device = torch.device(device)
    count = 0
    with closing(_prefetched(batches, device.type == "cuda", ahead)) as prefetched:
        for images in prefetched:
            extracted = _extract(backbone, images, resizer, device, precision == "bfloat16")
            _check_finite(backbone.name, extracted, count)
            count += len(images)
            yield extracted


def _prefetched(batches: Iterable[Tensor], pinned: bool, ahead: int) -> Generator[Tensor, None, None]:
    """Yields `batches`, read by a thread up to `ahead` in advance, or by the caller if that is 0."""
    source = iter(batches)

    @torch.no_grad()
    def read_next() -> Tensor | None:
        images = next(source, None)
        return images.pin_memory() if pinned and images is not None else images

    if not ahead:
        while (images := read_next()) is not None:
            yield images
        return
    thread = ThreadPoolExecutor(1, "batches")  # a single thread keeps the order
    try:
        pending = deque(thread.submit(read_next) for _ in range(ahead))
        while (images := pending.popleft().result()) is not None:
            pending.append(thread.submit(read_next))
            yield images
    finally:
        thread.shutdown(cancel_futures=True)


@torch.no_grad()
def _extract(backbone: Backbone, images: Tensor, resizer: Resizer, device: torch.device, bfloat16: bool) -> Features:
    # Scores must not depend on the caller's autocast or on cuDNN's default, which is TensorFloat-32.
    exact = cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)
    with exact, torch.autocast(device.type, enabled=False):
        prepared = resize_for_backbone(images.to(device, non_blocking=True), backbone.size, resizer)
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            extracted = backbone.extract(prepared)
    return Features(extracted.features.float().cpu(), extracted.logits.float().cpu())


def _check_finite(name: str, extracted: Features, before: int) -> None:
    finite = extracted.features.isfinite().all(1) & extracted.logits.isfinite().all(1)
    if not bool(finite.all()):
        bad, last = int((~finite).sum()), before + len(finite)
        raise MetricError(
            f"{name}: {bad} of {len(finite)} images (numbers {before + 1} to {last}) have features that are not "
            "finite; the weights are damaged, or the precision is too low for them: use float32"
        )
