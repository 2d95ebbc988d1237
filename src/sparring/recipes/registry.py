"""The built-in recipes by name, and recipes from YAML files."""

from collections.abc import Callable
from pathlib import Path

from sparring.errors import SpecError, nearest
from sparring.recipes.aae import aae, aae_digits, semi_supervised_aae, semi_supervised_aae_digits
from sparring.recipes.bigan import ali, bigan, bigan_digits
from sparring.recipes.conditional import (
    acgan,
    acgan_digits,
    conditional,
    conditional_digits,
    semi_supervised,
    semi_supervised_digits,
)
from sparring.recipes.cyclegan import cyclegan, cyclegan_emoji
from sparring.recipes.dcgan import dcgan, digits, lsgan, sngan, wgan, wgan_gp
from sparring.recipes.flow_gan import flow_digits, flow_gan, flow_gan_digits
from sparring.recipes.gail import gail, gail_acrobot
from sparring.recipes.gan import gan
from sparring.recipes.infogan import infogan, infogan_digits
from sparring.recipes.pix2pix import pix2pix, pix2pix_emoji
from sparring.recipes.progressive import progressive, progressive_emoji, stylegan, stylegan_emoji
from sparring.recipes.schema import Recipe
from sparring.recipes.stylegan2 import stylegan2, stylegan2_256, stylegan2_emoji
from sparring.recipes.toys import checkerboard, grid, line, ring, stacked_digits, swiss_roll, two_moons
from sparring.recipes.transfer import adda, adda_digits, dann, dann_digits
from sparring.recipes.vaegan import vaegan, vaegan_digits

_BUILDERS: dict[str, Callable[[], Recipe]] = {
    "aae": aae,
    "aae-digits": aae_digits,
    "acgan": acgan,
    "acgan-digits": acgan_digits,
    "adda": adda,
    "adda-digits": adda_digits,
    "ali": ali,
    "bigan": bigan,
    "bigan-digits": bigan_digits,
    "checkerboard": checkerboard,
    "conditional": conditional,
    "conditional-digits": conditional_digits,
    "cyclegan": cyclegan,
    "cyclegan-emoji": cyclegan_emoji,
    "dann": dann,
    "dann-digits": dann_digits,
    "dcgan": dcgan,
    "digits": digits,
    "flow-digits": flow_digits,
    "flow-gan": flow_gan,
    "flow-gan-digits": flow_gan_digits,
    "gail": gail,
    "gail-acrobot": gail_acrobot,
    "gan": gan,
    "grid": grid,
    "infogan": infogan,
    "infogan-digits": infogan_digits,
    "line": line,
    "lsgan": lsgan,
    "pix2pix": pix2pix,
    "pix2pix-emoji": pix2pix_emoji,
    "progressive": progressive,
    "progressive-emoji": progressive_emoji,
    "ring": ring,
    "semi-supervised": semi_supervised,
    "semi-supervised-aae": semi_supervised_aae,
    "semi-supervised-aae-digits": semi_supervised_aae_digits,
    "semi-supervised-digits": semi_supervised_digits,
    "sngan": sngan,
    "stacked-digits": stacked_digits,
    "stylegan": stylegan,
    "stylegan-emoji": stylegan_emoji,
    "stylegan2": stylegan2,
    "stylegan2-256": stylegan2_256,
    "stylegan2-emoji": stylegan2_emoji,
    "swiss-roll": swiss_roll,
    "two-moons": two_moons,
    "vaegan": vaegan,
    "vaegan-digits": vaegan_digits,
    "wgan": wgan,
    "wgan-gp": wgan_gp,
}


def list_recipes() -> dict[str, str]:
    """Returns one line about each built-in recipe, by name."""
    return {name: (builder.__doc__ or "").strip().partition("\n")[0] for name, builder in _BUILDERS.items()}


def recipe(name: str | Path, *assignments: str) -> Recipe:
    """Returns the built-in recipe of that name, or the one in that YAML file, with `field=value` assigned.

    Raises:
        SpecError: no such recipe or file, or a field, kind or value that cannot be.

    >>> recipe("dcgan", "generator.width=96", "losses.kind=Hinge").game.losses
    Hinge()
    """
    text = str(name)
    if text in _BUILDERS:
        found = _BUILDERS[text]()
    elif text.endswith((".yaml", ".yml")):
        found = _read(Path(text))
    else:
        raise SpecError(
            f"{text!r} is neither a built-in recipe nor a .yaml file{nearest(text, _BUILDERS)} "
            "(`spar recipes` lists the built-in ones)"
        )
    return found.override(assignments)


def _read(path: Path) -> Recipe:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SpecError(f"cannot read the recipe {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SpecError(f"cannot read the recipe {path}: it is not text") from None
    try:
        return Recipe.from_yaml(text)
    except SpecError as error:
        raise SpecError(f"{path}:\n{error}") from None
