"""`spar theory` prints the numbers of the references and explains what it cannot take."""

import re
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sparring.cli.app import app
from sparring.errors import SparringError


@cache
def say(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["theory", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_finite_game_is_solved():
    assert "-1.2534657324" in say("finite", ".5,.3,.2", ".2,.3,.5")


COMMANDS = re.findall(
    r"^\| [^|]* \| `([A-Z][^`]*)` \| [^|]* \| ([^|]*) \|$",
    (Path(__file__).parents[2] / "docs" / "theory.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)
"""The rows of the page's table: what to write after `spar theory dirac`, and the radii."""


@pytest.mark.parametrize(("command", "radii"), COMMANDS)
def test_each_row_of_the_page_is_what_its_command_says(command, radii):
    output = say("dirac", *command.split()).splitlines()[-1]
    numbers = [float(number) for number in re.findall(r" ([\d.]+(?:e[+-]\d+)?)(?:,|$)", output)]
    for one, printed in zip(numbers, radii.split(" / "), strict=True):
        digits = len(printed.partition("e")[0].replace(".", "").lstrip("0"))
        assert float(f"{one:.{digits - 1}e}") == float(printed)


def test_the_page_has_its_table():
    assert len(COMMANDS) >= 15


def test_dirac_plays_the_librarys_own_losses_and_penalties(tmp_path):
    picture = tmp_path / "field.png"
    output = say("dirac", "Minimax", "--penalty", "R1:weight=0.3", "--picture", str(picture))
    assert "modulus 0.974679" in output
    assert picture.stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("duality", ".5,.5", ".5,.5", "--discriminator", ".5,.5"), "duality gap"),
        (("orders",), "-0.9547712524"),
        (("minima", "3"), "21 strict bad minima"),
        (("augment", "flip=0.5"), "LEAKS"),
        (("dirac", "Wasserstein", "--order", "extragradient"), "radius after 500    extragradient 7.927e-05"),
        (("dirac", "Wasserstein", "--optimizer", "OptimisticSGD"), "simultaneous 3.546e-05, generator-first 1.929e-09"),
        (("dirac", "Minimax", "--optimizer", "Adam:betas=[0,0.9],learning_rate=0.01", "--steps", "5"), "h = 0.01"),
        (("dirac", "Relativistic:of=Hinge", "--order", "discriminator-first", "--steps", "5"), "discriminator-first"),
        (("nce", "--ratio", "5", "--count", "500"), "-1.6094379124"),
    ],
)
def test_each_command_says_its_number(arguments, part):
    assert part in say(*arguments)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("finite", ".5,.3", ".2,.8"), "p sums to 0.8"),
        (("finite", "a", "b"), "needs numbers"),
        (("dirac", "Hing"), "did you mean Hinge"),
        (("dirac", "Hinge", "--penalty", "R1:wight=1"), "did you mean weight"),
        (("augment", "flip"), "not an augmentation"),
        (("augment", "flip=.3,.4"), "needs one number"),
        (("augment", "flip=.3", "flip=.3"), "is listed twice"),
        (("finite", "-.5,1.5", ".5,.5"), "p holds the negative mass -0.5"),
        (("duality", ".5,.5", "-.5,1.5", "--discriminator", ".5,.5"), "holds the negative mass -0.5"),
        (("duality", ".5,.5", ".5,.5", "--discriminator", ".5,2"), "discriminator holds 2; probabilities lie in"),
        (("finite", ",".join(["0.005"] * 200), ",".join(["0.005"] * 200)), "200 is too large to be solved exactly"),
        (("dirac", "Minimax", "--penalty", "R1:0.3"), r"'0.3' in 'R1:0.3' is not a field; write KIND:field=value"),
        (("dirac", "Minimax", "--penalty", "R1:weight=["), r"'\[' in 'R1:weight=\[' is not a value"),
        (("dirac", "Minimax", "--projection", "WeightClip"), "did you mean WeightClipping"),
        (("dirac", "Minimax", "--optimizer", "Adm"), "did you mean Adam"),
        (("dirac", "Minimax", "--optimizer", "Extragradient"), "write --order extragradient"),
        (("dirac", "Minimax", "--order", "extragradent"), "did you mean extragradient"),
        (("dirac", "Minimax", "--learning-rate", "0"), "learning_rate: got 0"),
        (("dirac", "Minimax", "--noise", "inf"), "deviation is inf"),
    ],
)
def test_what_cannot_be_is_said_in_words(arguments, part):
    with pytest.raises(SparringError, match=part):
        CliRunner().invoke(app, ["theory", *arguments], catch_exceptions=False)
