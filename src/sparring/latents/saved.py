"""Latents in `.npz` files: an array `z` or `w`, with condition and noise."""

import io
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch

from sparring.errors import DataError
from sparring.files import replace_bytes
from sparring.latents.latent import Latents, SpaceName

_NOISE = "noise_{:02d}"


def save_latents(path: Path, latents: Latents) -> None:
    """Writes `latents` atomically to `path`, a `.npz`.

    It holds `z` [N, n], or `w` [N, width], which in W+ is [N, styles, width]; `condition` and `noise_00`, `noise_01`,
    … if there are any. Files of StyleGAN2-ADA's projector have such a `w` too.
    """
    arrays = {latents.space[0]: latents.points}
    arrays |= {} if latents.condition is None else {"condition": latents.condition}
    arrays |= {_NOISE.format(layer): noise for layer, noise in enumerate(latents.noise)}
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **{name: tensor.detach().cpu().numpy() for name, tensor in arrays.items()})
    replace_bytes(path, file.getvalue())


def read_latents(path: Path) -> Latents:
    """Returns the latents in a file of `save_latents` at `path`; never runs code from it.

    Raises:
        DataError: it is missing, damaged, or holds no latents.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            arrays = {name: torch.from_numpy(file[name]) for name in file.files}
    except FileNotFoundError:
        raise DataError(f"there are no latents at {path}") from None
    except (OSError, ValueError, TypeError, EOFError, AttributeError, BadZipFile) as error:
        raise DataError(f"{path} is damaged, or no .npz of numbers ({error})") from None
    spaces = [name for name in ("z", "w") if name in arrays]
    dimensions = {"z": (2,), "w": (2, 3)}
    if len(spaces) != 1 or (points := arrays[spaces[0]]).ndim not in dimensions[spaces[0]]:
        contents = ", ".join(f"{name} {list(array.shape)}" for name, array in arrays.items())
        raise DataError(
            f"{path}: holds {contents or 'nothing'}; needs either z [N, n], or w [N, width] or [N, styles, width]"
        )
    noise = tuple(arrays[name] for name in map(_NOISE.format, range(len(arrays))) if name in arrays)
    parts = [part for part in (arrays.get("condition"), *noise) if part is not None]
    if not points.is_floating_point() or not points.isfinite().all() or any(len(part) != len(points) for part in parts):
        raise DataError(f"{path}: its latents are not finite fractions, or their condition or noise has another count")
    space: SpaceName = "z" if spaces[0] == "z" else "w" if points.ndim == 2 else "w+"
    condition = arrays.get("condition")
    return Latents(space, points.float(), condition, tuple(part.float() for part in noise))
