"""Imports checkpoints of other projects as runs."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from sparring.data import ImageFiles
from sparring.errors import CheckpointError
from sparring.interop.published import PublishedNetwork, read_published
from sparring.interop.rosinality import rename_discriminator, rename_generator
from sparring.interop.stylegan2 import Converted, convert_discriminator, convert_generator
from sparring.networks import StyleGAN2Discriminator
from sparring.recipes.schema import Recipe, build_game
from sparring.recipes.stylegan2 import choose_gamma, plan_game, plan_training
from sparring.training.checkpoints import Checkpoint, CheckpointFacts, write_checkpoint
from sparring.training.folder import RunFolder
from sparring.training.tensor_file import SUFFIX


def import_model(file: Path, out: Path) -> list[str]:
    """Makes the folder `out` a run that continues the StyleGAN2 checkpoint of another project.

    `file` is a `.pkl` of StyleGAN2-ADA's or StyleGAN3's repository, or a `.pt` of rosinality's. The run's generator is
    theirs, averaged where theirs is; the discriminator is theirs, or a new one where the file has none. No code in
    the file is run. Returns lines on the contents of the file and the commands to continue with.

    Raises:
        CheckpointError: the file is missing or damaged, contains anything executable, or holds other networks.
        RunError: `out` is in use, or cannot be written.
    """
    networks = read_published(file)
    players = {name: _convert(file, name, network) for name, network in networks.items()}
    averaged = players.get("G_ema") or players.get("g_ema")
    live = players.get("G") or players.get("g") or averaged
    if live is None:
        raise CheckpointError(f"{file} holds no generator (G, G_ema, g or g_ema), only {', '.join(players)}")
    discriminator = players.get("D") or players.get("d")
    recipe = _write_recipe(out.name, live, discriminator)
    home = RunFolder(out)
    with home.held():
        if home.recipe.exists():
            raise CheckpointError(f"{out} is a run already; name another folder")
        game = build_game(recipe, live.outputs, live.condition)
        tensors = {**game.state_dict(), **_under("generator", live.state)}
        tensors |= _under("discriminator", discriminator.state) if discriminator else {}
        held = {f"game/{name}": value for name, value in tensors.items()}
        best = _under("generator", (averaged or live).state)
        held |= {f"averages/{name}": value.clone() for name, value in best.items()}
        write_checkpoint(home.checkpoints / f"{0:010d}{SUFFIX}", Checkpoint(held, _facts(recipe, live)))
        home.write_recipe(recipe)
    shape = "x".join(map(str, live.outputs))
    summary = ", ".join(f"{name} ({network.kind})" for name, network in networks.items())
    return [
        f"{summary}: images of {shape}" + (f" in {live.condition.classes} classes" if live.condition else ""),
        *([] if discriminator else ["no discriminator in the file: a new one was initialized"]),
        f"{out}: spar sample {out} | spar train {out} --data FOLDER --continue-with-changes",
    ]


def _convert(file: Path, name: str, network: PublishedNetwork) -> Converted:
    """Returns the network that `file` calls `name` as one of ours; rosinality's names are small letters."""
    discriminates = name in ("D", "d")
    state: Mapping[str, Tensor] = network.state
    arguments = network.arguments
    try:
        if name.islower():
            state, arguments = (rename_discriminator if discriminates else rename_generator)(state), {}
        converted = (convert_discriminator if discriminates else convert_generator)(state, arguments)
        lacks_mean = name.islower() and not discriminates and "latent_avg" not in network.state
        return _estimate_mean(converted) if lacks_mean else converted
    except CheckpointError as error:
        raise CheckpointError(f"{file}: {name}: {error}") from None


def _estimate_mean(generator: Converted) -> Converted:
    """Returns the generator with the mean of 10,000 mapped latents as the mean latent that its file lacks."""
    latents = torch.randn(10_000, *generator.inputs, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        mean = generator.build().get_submodule("mapping")(latents).mean(0)
    return replace(generator, state={**generator.state, "mean_latent.value": mean})


def _write_recipe(name: str, generator: Converted, discriminator: Converted | None) -> Recipe:
    """Returns a recipe to continue the training with: StyleGAN2-ADA's settings for images of this size."""
    if discriminator and (discriminator.inputs, discriminator.condition) != (generator.outputs, generator.condition):
        raise CheckpointError(f"the discriminator sees {discriminator.inputs}, the generator makes {generator.outputs}")
    _, height, width = generator.outputs
    batch = 16
    return Recipe(
        name=name,
        data=ImageFiles(size=f"{height}x{width}"),
        game=plan_game(
            generator.spec,
            discriminator.spec if discriminator else StyleGAN2Discriminator.Spec(),
            generator.inputs[0],
            choose_gamma(height, width, batch),
            conditional=bool(generator.condition),
        ),
        training=plan_training(1_000_000, batch),
    )


def _under(player: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{player}.{name}": value for name, value in state.items()}


def _facts(recipe: Recipe, generator: Converted) -> CheckpointFacts:
    return CheckpointFacts(
        recipe=recipe.tree(),
        sample=generator.outputs,
        classes=tuple(map(str, range(generator.condition.classes))),
        condition=generator.condition,
    )
