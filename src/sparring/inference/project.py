"""Projects images into a trained model's latent space: latents, pictures of the search, and a tuned model."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from sparring.data import ImageFiles, picture
from sparring.errors import RunError, SpecError
from sparring.files import replace_file
from sparring.inference.model import Model
from sparring.inference.translate import CONVERTED
from sparring.latents import (
    LatentProjection,
    Latents,
    PivotalTuning,
    Search,
    Tuning,
    find_space,
    join_latents,
    save_latents,
)
from sparring.latents.perceptual_distance import Distance
from sparring.training.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from sparring.training.tensor_file import read_tensor_file, write_tensor_file

PICTURED, SAVED = 10, 50
"""Pictures of a search, and the most steps lost when it is stopped."""

ProjectionProgress = Callable[[str, int, int, float], None]
"""Called with the phase, the step, the number of steps, and the mean distance."""


class Stepwise(Protocol):
    """A projection or a tuning: steps that can be resumed."""

    @property
    def done(self) -> bool:
        """Whether all steps are done."""

    def step(self) -> Tensor:
        """Takes a step and returns the distances."""

    def state(self) -> dict[str, Tensor]:
        """Returns the state that the next steps depend on."""

    def restore(self, state: dict[str, Tensor]) -> None:
        """Resumes from a state returned by `state()`."""


@dataclass(frozen=True)
class ProjectionTask:
    """Settings of a projection: a search of `batch` images at a time, then `tuning` of the generator."""

    space: str
    search: Search
    distance: Distance
    tuning: Tuning | None = None
    seed: int = 0
    chosen: str | None = None
    batch: int = 8
    title: str = ""


def project_images(
    model: Model, images: Path, out: Path, task: ProjectionTask, progress: ProjectionProgress
) -> Iterator[str]:
    """Projects `images` into `model`'s latent space, writes into the folder `out`, and yields lines on the result.

    - `latents.npz`: the latents and the optimized noise; every command with `--latents` takes it.
    - `projection.png`: the images, their projections below, and below those the tuned generator's.
    - `steps/`: the search in pictures.
    - `tuned.safetensors`: the tuned model, a checkpoint like any other.

    A stopped search resumes when it is called again with the same arguments, and ends with the same numbers.

    Raises:
        SparringError: no such images or space, or a folder that cannot be written or holds another search.
    """
    if len(model.shape) != 3:
        raise SpecError(f"{model.path} makes {model.shape[0]} numbers a sample; only images can be projected")
    target = read_targets(model, images)
    space = find_space(model.game, task.space)
    facts = _facts(model, target, task)
    labels = model.read_condition(task.chosen, 1)
    condition = labels[0] if isinstance(labels, Tensor) else labels  # numbers of one sample, for all
    parts: list[Latents] = []
    for start in range(0, len(target), task.batch):
        part = target[start : start + task.batch]
        search = LatentProjection(space, part, task.distance, task.search, task.seed + start, condition)

        def draw(step: int, search: LatentProjection = search, part: Tensor = part, start: int = start) -> None:
            images = torch.cat((part, space.render(search.latents).cpu()))
            _save_picture(out / "steps" / f"{start:04d}-{step:05d}.png", images, len(part))

        _play(search, out / f".projection-{start:04d}.safetensors", facts, task.search.steps, progress, draw)
        parts.append(search.latents.to(torch.device("cpu")))
    latents = join_latents(parts)
    save_latents(out / "latents.npz", latents)
    rows = [target, space.render(latents).cpu()]
    if task.tuning is not None:
        tuning = PivotalTuning(model.game, latents, target, task.distance, task.tuning, task.seed)
        _play(tuning, out / ".tuning.safetensors", facts, task.tuning.steps, progress, lambda step: None)
        rows.append(find_space(tuning.game, latents.space).render(latents).cpu())
        _write_tuned(model, tuning, out / "tuned.safetensors")
    _save_picture(out / "projection.png", torch.cat(rows), len(target))
    yield from _distances(model, task, rows)
    yield f"{out}: latents.npz, projection.png, steps/" + (", tuned.safetensors" if task.tuning else "")


def read_targets(model: Model, path: Path) -> Tensor:
    """Returns the images at `path` [N, C, H, W] in [-1, 1], cropped and resized to the model's shape."""
    channels, height, width = model.shape
    source = ImageFiles(path=path, size=f"{height}x{width}", channels=CONVERTED.get(channels), labels="none")
    data = source.load()
    if data.shape != model.shape:
        raise SpecError(f"{path}: images of {data.shape[0]} channels; {model.path} makes {channels}")
    return data.batch(np.arange(len(data)), torch.Generator())[0]


def _play(
    work: Stepwise, file: Path, facts: dict[str, Any], steps: int, progress: ProjectionProgress, draw: Any
) -> None:
    """Takes all steps of `work`, resumed from `file`; draws and saves some of them."""
    if file.exists():
        tensors, description = read_tensor_file(file)
        if description != facts:
            raise RunError(
                f"{file.parent} holds a search for other images, or with other settings; name another (--out)"
            )
        work.restore(tensors)
        start = int(tensors["steps"])
    else:
        start = 0
    pictured = {round(steps * part / PICTURED) for part in range(1, PICTURED + 1)}
    for step in range(start + 1, steps + 1):
        distance = work.step()
        if step in pictured:
            draw(step)
        if step in pictured or step % SAVED == 0:
            write_tensor_file(file, work.state(), facts)
            progress(file.stem.lstrip(".").partition("-")[0], step, steps, float(distance.mean()))


def _facts(model: Model, target: Tensor, task: ProjectionTask) -> dict[str, Any]:
    """Returns everything that a search depends on: a state of another search is not resumed."""
    digest = sha256(target.numpy().tobytes())
    for tensor in model.generator.state_dict().values():
        digest.update(tensor.cpu().numpy().tobytes())
    return {
        "digest": digest.hexdigest(),
        "space": task.space,
        "search": task.search.tree(),
        "tuning": task.tuning.tree() if task.tuning else None,
        "seed": task.seed,
        "class": task.chosen,
        "batch": task.batch,
        "distance": task.title,
    }


def _write_tuned(model: Model, tuning: PivotalTuning, path: Path) -> None:
    """Writes the model's checkpoint with the tuned generator, averaged or not, in its place."""
    checkpoint = read_checkpoint(model.path)
    weights = {f"generator.{name}": value for name, value in tuning.adam.variables.items()}
    tensors = {
        name: weights.get(name.partition("/")[2], value) if name.startswith(("game/", "averages/")) else value
        for name, value in checkpoint.tensors.items()
    }
    write_checkpoint(
        path, Checkpoint({name: value.detach().clone() for name, value in tensors.items()}, checkpoint.facts)
    )


def _distances(model: Model, task: ProjectionTask, rows: list[Tensor]) -> Iterator[str]:
    """Yields the distances of projections to the images, relative to the distance between random samples."""
    samples = model.sample(32, task.seed)
    with torch.no_grad():
        apart = float(task.distance(samples, samples.roll(1, 0)).mean())
        for name, images in zip(("found", "tuned"), rows[1:], strict=False):
            near = [float(task.distance(one[None], other[None])) for one, other in zip(rows[0], images, strict=True)]
            each = ", ".join(f"{100 * value / apart:.1f} %" for value in near[:8])
            yield f"{name}: {task.title} {sum(near) / len(near):.4g}, of the {apart:.4g} of random samples {each}"


def _save_picture(path: Path, images: Tensor, columns: int) -> None:
    replace_file(path, lambda part: picture(images, columns).save(part, format="PNG"))
