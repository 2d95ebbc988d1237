import sys

import pytest
from PIL import Image

from sparring.adversary import Penalty
from sparring.errors import MissingExtraError, ShapeError, SpecError
from sparring.losses import AdversarialLoss, Minimax, Wasserstein
from sparring.penalties import R1, GradientPenalty
from sparring.theory import EXTRAGRADIENT, DiracGame, UpdateRule, draw_eigenvalues, eigenvalues, report
from sparring.training.optimizers import SGD, Extragradient

P, Q = (0.5, 0.3, 0.2), (0.2, 0.3, 0.5)


def test_the_finite_game_prints_the_reference():
    text = "\n".join(report.finite(P, Q))
    for number in (
        "-1.2534657324",
        "0.0664143144",
        "0.63",
        "1.4",
        "0.2571428571",
        "0.124516211",
        "0.6",
        "-1.3862943611",
    ):
        assert number in text


def test_orders_and_minima_print_the_reference():
    original, mixed, critic, _ = report.orders()
    assert "minimax -0.9547712524, maximin -1.3862943611: no equilibrium in pure strategies" in original
    assert mixed.endswith(": an equilibrium")
    assert "minimax 1, maximin 0: no equilibrium" in critic
    assert "21 strict bad minima" in report.minima(3)[0]
    assert " 0 strict bad minima, 0 places" in report.minima(3)[1]
    with pytest.raises(SpecError, match="the data sits on -1 and 1: add them"):
        report.orders((0, 1))


def test_dirac_prints_eigenvalues_or_why_there_are_none():
    lines = report.dirac(Minimax(), (R1(weight=0.3),), steps=5)
    assert lines[0].endswith("-0.15 - 0.47697i, -0.15 + 0.47697i")
    assert "h = 0.2" in lines[1]
    assert "simultaneous      modulus 0.974679" in lines[2]
    assert "none: the field has no derivative" in report.dirac(Wasserstein(), (GradientPenalty(),), steps=5)[0]
    assert "-0.25 - 0.5i" in report.dirac(Minimax(), consensus=1.0, steps=5)[0]
    assert "-0.1225 - 0.484762i" in report.dirac(Minimax(), noise=0.7, steps=5)[0]


LOSSES = sorted(name for name, kind in AdversarialLoss.members.items() if kind.__module__.startswith("sparring."))


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_of_the_library_plays_dirac(name):
    text = "\n".join(report.dirac(AdversarialLoss.members[name](), steps=2))
    assert "modulus" in text or "none: the field has no derivative" in text


NOT_OF_TWO_NUMBERS = {
    "BalancedConsistency": "transforms images",
    "Consistency": "transforms images",
    "FeatureMatching": "is a generator's penalty",
    "LatentDiversity": "is a generator's penalty",
    "LeCam": "remembers earlier steps",
    "PathLength": "is a generator's penalty",
}
PENALTIES = sorted(name for name, kind in Penalty.members.items() if kind.__module__.startswith("sparring."))


@pytest.mark.parametrize("name", PENALTIES)
def test_every_penalty_of_the_library_plays_dirac_or_says_why_not(name):
    if name in NOT_OF_TWO_NUMBERS:
        with pytest.raises((SpecError, ShapeError), match=NOT_OF_TWO_NUMBERS[name]):
            report.dirac(Minimax(), (Penalty.members[name](),), steps=2)
    else:
        text = "\n".join(report.dirac(Minimax(), (Penalty.members[name](),), steps=2))
        assert "modulus" in text or "none: the field has no derivative" in text


def test_dirac_is_played_in_any_manner():
    manner = UpdateRule(EXTRAGRADIENT, Extragradient(of=SGD(learning_rate=0.1)).build)
    lines = report.dirac(Wasserstein(), rules={"looking ahead": manner}, steps=100)
    assert "h = 0.1" in lines[1]
    assert lines[-1] == "radius after 100    looking ahead 0.8599"


def test_augment_says_what_leaks():
    lines = report.augment({"flip": 0.3, "other_rotation": 0.75})
    assert "smallest eigenvalue 0.4: does not leak" in lines[0]
    assert all(line.endswith("smallest eigenvalue 0: LEAKS") for line in lines[1:])
    with pytest.raises(SpecError, match="'flop' is not a known augmentation; did you mean flip"):
        report.augment({"flop": 0.1})
    with pytest.raises(SpecError, match="augment needs an augmentation"):
        report.augment({})


def test_nce_and_duality_print_their_numbers():
    with pytest.raises(SpecError, match=r"deviation is nan and count 10; needs .01 to 100"):
        report.nce(deviation=float("nan"), count=10)
    text = report.nce(5.0, count=500)
    assert "-1.6094379124" in text[0]
    assert "2.5066282746" in text[2]
    gap = report.duality(P, Q, (0.5, 0.5, 0.5))
    assert "0.1328286288" in gap[1]
    assert "discriminator first: an equilibrium" in gap
    assert report.duality(P, P, (0.5, 0.5, 0.5))[2:] == [
        "generator first: an equilibrium",
        "discriminator first: an equilibrium",
        "simultaneous: an equilibrium",
    ]


def test_pictures_are_written(tmp_path):
    report.finite(P, Q, tmp_path / "surface.png")
    report.dirac(Minimax(), steps=5, picture=tmp_path / "new" / "field.png")
    report.augment({"flip": 0.3}, tmp_path / "spectrum.png")
    draw_eigenvalues(tmp_path / "eigenvalues.png", {"original": eigenvalues(DiracGame(Minimax()))})
    pictures = sorted(tmp_path.rglob("*.png"))
    assert len(pictures) == 4
    for path in pictures:
        with Image.open(path) as picture:
            assert picture.width > 400
            assert len(picture.convert("RGB").getcolors(1 << 24)) > 20


def test_without_matplotlib_the_message_says_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    with pytest.raises(MissingExtraError, match=r'pip install "sparring\[theory\]"'):
        report.augment({"flip": 0.3}, tmp_path / "spectrum.png")
