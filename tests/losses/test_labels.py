"""Smoothed and flipped labels: what each label costs, the optimal discriminator, and what is refused."""

from itertools import product
from math import prod

import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from sparring.errors import SpecError
from sparring.losses import (
    AdversarialLoss,
    Hinge,
    LabelFlipping,
    LabelSmoothing,
    LeastSquares,
    Minimax,
    NonSaturating,
    PearsonChiSquare,
    ReverseKullbackLeibler,
)
from sparring.spec import Spec

REAL = torch.tensor([[-1.5], [0.2], [2.0]], dtype=torch.float64)
FAKE = torch.tensor([[0.7], [-0.4], [-3.0]], dtype=torch.float64)


class Holder(Spec):
    losses: AdversarialLoss = Hinge()


def test_smoothing_the_original_game_is_cross_entropy_with_soft_labels() -> None:
    smoothed = LabelSmoothing(real=0.1, fake=0.2).discriminator(REAL, FAKE)
    soft = [torch.full_like(REAL, label) for label in (0.9, 0.2)]
    expected = sum(binary_cross_entropy_with_logits(*pair) for pair in zip((REAL, FAKE), soft, strict=True))
    torch.testing.assert_close(smoothed, expected)


def test_smoothing_least_squares_moves_its_targets_up_to_a_constant() -> None:
    smooth = LabelSmoothing(of=LeastSquares(a=-1.0, b=1.0), real=0.1, fake=0.05)
    moved = LeastSquares(a=-0.9, b=0.8)
    difference = smooth.discriminator(REAL, FAKE) - moved.discriminator(REAL, FAKE)
    torch.testing.assert_close(difference, torch.tensor((0.1 * 0.9 + 0.05 * 0.95) * 4 / 2, dtype=torch.float64))


def test_smoothing_is_one_sided_by_default() -> None:
    loss = LabelSmoothing(of=Hinge())
    assert torch.equal(loss.on_fake(FAKE), Hinge().on_fake(FAKE))
    assert not torch.equal(loss.on_real(REAL), Hinge().on_real(REAL))


@pytest.mark.parametrize("of", [NonSaturating(), Hinge(), PearsonChiSquare()], ids=str)
@pytest.mark.parametrize("wrapper", [LabelSmoothing(real=0.0), LabelFlipping(probability=0.0)], ids=str)
def test_certain_labels_change_nothing(wrapper: LabelSmoothing | LabelFlipping, of: AdversarialLoss) -> None:
    loss = wrapper.model_copy(update={"of": of})
    assert torch.equal(loss.discriminator(REAL, FAKE), of.discriminator(REAL, FAKE))


def test_a_label_that_is_never_given_cannot_spoil_the_loss_by_overflowing() -> None:
    far = torch.tensor([[-200.0]])
    assert ReverseKullbackLeibler().on_real(far).isinf().all()
    assert LabelSmoothing(of=ReverseKullbackLeibler()).on_fake(far).isfinite().all()


@pytest.mark.parametrize("of", [NonSaturating(), Hinge(), LeastSquares(), PearsonChiSquare()], ids=str)
def test_flipping_is_the_expectation_over_every_outcome_of_the_labels(
    of: NonSaturating | Hinge | LeastSquares | PearsonChiSquare,
) -> None:
    share, expected = 0.15, torch.zeros((), dtype=torch.float64)
    for flips in product((False, True), repeat=6):
        chance = prod(share if flipped else 1 - share for flipped in flips)
        costs: list[Tensor] = []
        for score, was_real, flipped in zip(torch.cat((REAL, FAKE)), 3 * [True] + 3 * [False], flips, strict=True):
            costs.append(of.on_real(score) if was_real is not flipped else of.on_fake(score))
        expected = expected + chance * torch.cat(costs).sum() / 3
    torch.testing.assert_close(LabelFlipping(of=of, probability=share).discriminator(REAL, FAKE), expected)


def test_flipping_is_smoothing_on_both_sides() -> None:
    flipped, smoothed = LabelFlipping(probability=0.2), LabelSmoothing(real=0.2, fake=0.2)
    assert torch.equal(flipped.discriminator(REAL, FAKE), smoothed.discriminator(REAL, FAKE))


@pytest.mark.parametrize("of", [NonSaturating(), Minimax(), PearsonChiSquare()], ids=str)
def test_the_generator_is_that_of_the_loss_within(of: AdversarialLoss) -> None:
    for loss in (LabelSmoothing(of=of, real=0.3, fake=0.2), LabelFlipping(of=of, probability=0.3)):
        assert torch.equal(loss.generator(FAKE), of.generator(FAKE))


@pytest.mark.parametrize(("fake", "probability"), [(0.0, 9e-4), (0.2, 0.2)])
def test_only_two_sided_smoothing_takes_for_real_what_is_generated_where_there_is_no_data(
    fake: float, probability: float
) -> None:
    """Goodfellow 2016, sec. 4.2: at a point of density p = 0.001 and q = 1, which the generator should leave."""
    loss, scores = LabelSmoothing(real=0.1, fake=fake), torch.linspace(-10, 2, 12001, dtype=torch.float64)
    best = scores[(1e-3 * loss.on_real(scores) + loss.on_fake(scores)).argmin()]
    assert best.sigmoid().item() == pytest.approx(probability, rel=5e-3)


@pytest.mark.parametrize(
    "text",
    ["{kind: LabelSmoothing, of: {kind: LeastSquares, a: 0}, real: 0.2}", "{kind: LabelFlipping, of: LabelSmoothing}"],
)
def test_a_nested_loss_survives_yaml(text: str) -> None:
    holder = Holder.from_yaml(f"losses: {text}")
    assert Holder.from_yaml(holder.to_yaml()) == holder


@pytest.mark.parametrize("kind", ["LabelSmoothing", "LabelFlipping"])
@pytest.mark.parametrize("of", ["Relativistic", "RelativisticAverage", "Wasserstein"])
def test_a_loss_without_labels_is_refused_and_those_with_labels_are_named(kind: str, of: str) -> None:
    with pytest.raises(
        SpecError, match=rf"losses\.of: .*{of} has no loss for a single labelled score; needs one of Alpha, .*Hinge"
    ):
        Holder.from_yaml(f"losses: {{kind: {kind}, of: {of}}}")
    with pytest.raises(ValueError, match=f"{of} has no loss for a single labelled score"):
        AdversarialLoss.members[kind].model_validate({"of": AdversarialLoss.members[of]()})


@pytest.mark.parametrize("share", [-0.1, 0.5, 1.0, "inf", "none"])
@pytest.mark.parametrize("field", ["LabelSmoothing.real", "LabelSmoothing.fake", "LabelFlipping.probability"])
def test_a_label_stays_on_its_own_side_of_one_half(field: str, share: object) -> None:
    kind, name = field.split(".")
    with pytest.raises(SpecError, match=rf"losses\.{name}: got {share!r}"):
        Holder.read({"losses": {"kind": kind, name: share}})
