"""`spar theory` prints the numbers of the references and explains what it cannot take."""

import pytest
from typer.testing import CliRunner

from sparring.cli import app
from sparring.errors import SparringError


def say(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["theory", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_finite_game_is_solved():
    assert "-1.2534657324" in say("finite", ".5,.3,.2", ".2,.3,.5")


def test_dirac_plays_the_librarys_own_losses_and_penalties(tmp_path):
    picture = tmp_path / "field.png"
    said = say("dirac", "Minimax", "--penalty", "R1:weight=0.3", "--picture", str(picture))
    assert "modulus 0.974679" in said
    assert picture.stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("duality", ".5,.5", ".5,.5", "--discriminator", ".5,.5"), "duality gap"),
        (("orders",), "-0.9547712524"),
        (("minima", "3"), "21 strict bad minima"),
        (("augment", "flip=0.5"), "LEAKS"),
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
    ],
)
def test_what_cannot_be_is_said_in_words(arguments, part):
    with pytest.raises(SparringError, match=part):
        CliRunner().invoke(app, ["theory", *arguments], catch_exceptions=False)
