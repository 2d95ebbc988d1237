"""Features of a stream of images: the next batches are decoded while the backbone looks at this one."""

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
    """Yields what `backbone` makes of each of `batches`, uint8 [B, C, H, W]: float32, on the CPU, in their order.

    Batches may differ in size, channels and resolution. One background thread takes them, `ahead` of the network at
    most, so that decoding costs no time where a processor is free for it. It has no gradients, and no other state
    that PyTorch keeps by thread (autocast, default device). With `ahead=0` all happens in the caller's thread: for
    batches that another network generates, since two that compute at once only stand in each other's way.

    Resizing stays with the network: on the CPU it is done by all of PyTorch's threads, on a GPU there, after a copy of
    bytes from pinned memory. Close the iterator, or exhaust it, and the thread is gone; it ends the batch in hand.

    Args:
        backbone: its network is on `device`.
        batches: what taking the next one raises, is raised after all before it have been yielded.
        resizer: see `resizing.resize`.
        device: where to resize and to look.
        precision: `bfloat16` is autocast, whose scores are not those of float32; TensorFloat-32 is never used.
        ahead: 0 or more.

    Raises:
        MetricError: images that the backbone cannot see, or features that are not finite.
    """
    device = torch.device(device)
    count = 0
    with closing(_taken(batches, device.type == "cuda", ahead)) as taken:
        for images in taken:
            seen = _see(backbone, images, resizer, device, precision == "bfloat16")
            _check_finite(backbone.name, seen, count)
            count += len(images)
            yield seen


def _taken(batches: Iterable[Tensor], pinned: bool, ahead: int) -> Generator[Tensor, None, None]:
    """Yields `batches`, taken by a thread that is `ahead` of the caller by so many, or by the caller if 0."""
    source = iter(batches)

    @torch.no_grad()
    def take() -> Tensor | None:
        images = next(source, None)
        return images.pin_memory() if pinned and images is not None else images

    if not ahead:
        while (images := take()) is not None:
            yield images
        return
    thread = ThreadPoolExecutor(1, "batches")  # of one thread: batches come in their order
    try:
        pending = deque(thread.submit(take) for _ in range(ahead))
        while (images := pending.popleft().result()) is not None:
            pending.append(thread.submit(take))
            yield images
    finally:
        thread.shutdown(cancel_futures=True)


@torch.no_grad()
def _see(backbone: Backbone, images: Tensor, resizer: Resizer, device: torch.device, bfloat16: bool) -> Features:
    # The caller's autocast must not change scores, nor cuDNN's default, which is TensorFloat-32.
    exact = cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)
    with exact, torch.autocast(device.type, enabled=False):
        prepared = resize_for_backbone(images.to(device, non_blocking=True), backbone.size, resizer)
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            seen = backbone.extract(prepared)
    return Features(seen.features.float().cpu(), seen.logits.float().cpu())


def _check_finite(name: str, seen: Features, before: int) -> None:
    finite = seen.features.isfinite().all(1) & seen.logits.isfinite().all(1)
    if not bool(finite.all()):
        bad, last = int((~finite).sum()), before + len(finite)
        raise MetricError(
            f"{name}: {bad} of {len(finite)} images (numbers {before + 1} to {last}) have features that are not "
            "finite; the weights are damaged, or the precision has too small a range for them: look in float32"
        )
