"""What every penalty and every projection promises."""

import pytest
import torch
from torch import Tensor, nn

import sparring.recipes  # noqa: F401 (defines every member)
from sparring.game import Batch, Projection
from sparring.scoring import Drawn, Judge, Meeting, Penalizer, Penalty, Scores, score

PENALTIES = [member for _, member in sorted(Penalty.members.items()) if member.__module__.startswith("sparring.")]
PROJECTIONS = [
    member() for _, member in sorted(Projection.members.items()) if member.__module__.startswith("sparring.")
]

every_penalty = pytest.mark.parametrize("kind", PENALTIES, ids=lambda kind: kind.kind())


def discriminator(seed: int = 0) -> nn.Sequential:
    """A smooth one in float64, so that finite differences are sharp."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Flatten(), nn.Linear(12, 5), nn.Tanh(), nn.Linear(5, 4), nn.Softplus(), nn.Linear(4, 1)
    ).double()


def samples(seed: int) -> Tensor:
    return torch.rand(3, 1, 3, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 2 - 1


def meet(penalty: Penalty, network: nn.Module) -> Meeting:
    real, fake = (samples(seed).requires_grad_(name in penalty.slopes) for seed, name in ((1, "real"), (2, "fake")))
    return Meeting(Judge(network), real, fake, network(real), network(fake), torch.Generator().manual_seed(3))


def scored(network: nn.Module, given: Batch, fake: Tensor, *penalties: Penalty) -> Scores:
    return score(Judge(network), given, Drawn.by(lambda latents: latents, fake), Penalizer(penalties, network))


def batch(step: int) -> Batch:
    return Batch(samples(1).float(), None, step, torch.Generator().manual_seed(3))


@every_penalty
def test_a_penalty_survives_yaml(kind: type[Penalty]) -> None:
    penalty = kind(weight=0.5, every=16)
    assert kind.from_yaml(penalty.to_yaml()) == penalty


@every_penalty
def test_the_gradients_of_a_penalty_match_finite_differences(kind: type[Penalty]) -> None:
    penalty, judge, step = kind(), discriminator(), 1e-5
    penalty.value(meet(penalty, judge)).backward()
    for parameter in judge.parameters():
        gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad.clone()
        numeric = torch.empty_like(gradient)
        flat = parameter.data.view(-1)
        for index in range(len(flat)):
            sides = []
            for move in (step, -2 * step):
                flat[index] += move
                sides.append(penalty.value(meet(penalty, judge)).item())
            flat[index] += step
            numeric.view(-1)[index] = (sides[0] - sides[1]) / (2 * step)
        torch.testing.assert_close(gradient, numeric, rtol=1e-5, atol=1e-8)


@every_penalty
def test_a_penalty_of_a_constant_discriminator_and_its_gradients_are_finite(kind: type[Penalty]) -> None:
    penalty, judge = kind(), discriminator()
    for parameter in judge.parameters():
        nn.init.zeros_(parameter)
    value = penalty.value(meet(penalty, judge))
    value.backward()
    assert value.isfinite()
    assert all(p.grad is None or p.grad.isfinite().all() for p in judge.parameters())


@every_penalty
def test_a_lazy_penalty_counts_as_often_as_it_is_left_out(kind: type[Penalty]) -> None:
    judge, lazy = discriminator().float(), kind(weight=0.5, every=4)
    values = [scored(judge, batch(step), samples(2).float(), lazy).penalties for step in range(9)]
    assert [step for step, found in enumerate(values) if found] == [0, 4, 8]
    once = scored(judge, batch(0), samples(2).float(), kind(weight=1.0)).penalties
    assert values[0].keys() == once.keys() == {kind.kind()}
    torch.testing.assert_close(values[0][kind.kind()], 2 * once[kind.kind()])


@every_penalty
def test_a_penalty_of_weight_zero_is_never_due(kind: type[Penalty]) -> None:
    assert not any(kind(weight=0).due(step) for step in range(20))


@every_penalty
def test_a_penalty_leaves_the_scores_and_the_samples_as_they_were(kind: type[Penalty]) -> None:
    judge, fake, given = discriminator().float(), samples(2).float(), batch(0)
    plain, punished = scored(judge, batch(0), fake), scored(judge, given, fake, kind())
    assert torch.equal(plain.real, punished.real)
    assert torch.equal(plain.fake, punished.fake)
    assert torch.equal(given.real, samples(1).float())
    assert not given.real.requires_grad
    assert not fake.requires_grad


@every_penalty
def test_a_penalty_is_computed_in_float32_under_autocast(kind: type[Penalty]) -> None:
    judge = discriminator().float()
    with torch.autocast("cpu", torch.bfloat16):
        under = scored(judge, batch(0), samples(2).bfloat16(), kind())
    plain = scored(judge, batch(0), samples(2).bfloat16().float(), kind())
    assert under.real.dtype == under.penalties[kind.kind()].dtype == torch.float32
    assert torch.equal(under.penalties[kind.kind()], plain.penalties[kind.kind()])


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda projection: projection.kind())
def test_a_projection_works_in_place_and_twice_as_once(projection: Projection) -> None:
    judge = discriminator()
    parameters = list(judge.parameters())
    places = [parameter.data_ptr() for parameter in parameters]
    projection(parameters)
    once = [parameter.detach().clone() for parameter in parameters]
    projection(parameters)
    assert all(torch.equal(one, two) for one, two in zip(once, parameters, strict=True))
    assert [parameter.data_ptr() for parameter in parameters] == places
    assert all(parameter.requires_grad and parameter.is_leaf for parameter in parameters)
    assert type(projection).from_yaml(projection.to_yaml()) == projection
