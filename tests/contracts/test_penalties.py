"""What every penalty and every projection promises."""

from collections.abc import Callable
from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

import sparring.recipes  # noqa: F401 (defines every member)
from sparring.adversary import Critic, GeneratedBatch, Memory, Penalizer, Penalty, PenaltyInputs, Scores, score
from sparring.game import Batch, Losses, Projection
from sparring.layers.mapping import MeanLatent
from sparring.network.style_based import LayerNoise, StyleNetwork

PENALTIES = [member for _, member in sorted(Penalty.members.items()) if member.__module__.startswith("sparring.")]
PROJECTIONS = [
    member() for _, member in sorted(Projection.members.items()) if member.__module__.startswith("sparring.")
]

every_penalty = pytest.mark.parametrize("kind", PENALTIES, ids=lambda kind: kind.kind())
of_a = {
    player: pytest.mark.parametrize(
        "kind", [kind for kind in PENALTIES if player in kind.players], ids=lambda kind: kind.kind()
    )
    for player in ("discriminator", "generator")
}


class Discriminator(nn.Sequential):
    def features(self, inputs: Tensor) -> Tensor:
        features: Tensor = self[:-1](inputs)
        return features


class FeatureCritic(Critic):
    """A critic with features."""

    def features(self, samples: Tensor) -> Tensor:
        features: Tensor = self.function.features(samples)  # type: ignore[attr-defined]
        return features


def discriminator(seed: int = 0) -> Discriminator:
    """A smooth one in float64, so that finite differences are sharp."""
    torch.manual_seed(seed)
    return Discriminator(
        nn.Flatten(), nn.Linear(12, 5), nn.Tanh(), nn.Linear(5, 4), nn.Softplus(), nn.Linear(4, 1)
    ).double()


class Mapping(nn.Linear):
    """A curved one, without condition."""

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        return super().forward(latents).tanh()


class Generator(StyleNetwork):
    """A mapping, and one layer with a style."""

    def __init__(self) -> None:
        super().__init__()
        self.mapping, self.mean_latent, self.paint = Mapping(4, 3), MeanLatent(3), nn.Linear(3, 12)
        self.width, self.styles, self.mixing = 3, 1, 0.0

    def synthesize(self, ws: Tensor, noise: LayerNoise = ()) -> Tensor:
        return self.paint(ws.flatten(1)).tanh().view(-1, 1, 3, 4)


def generator(seed: int = 1) -> Generator:
    torch.manual_seed(seed)
    return Generator().double()


def samples(seed: int) -> Tensor:
    return torch.rand(3, 1, 3, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 2 - 1


def latents() -> Tensor:
    return torch.randn(3, 4, generator=torch.Generator().manual_seed(4), dtype=torch.float64)


def memory(penalty: Penalty) -> Memory:
    """The penalty's state after one step."""
    held = penalty.memory()
    penalty.value(penalty_inputs(penalty, discriminator(8), generator(9), held))
    return held


def penalty_inputs(penalty: Penalty, critic: nn.Module, maker: nn.Module, held: Memory | None = None) -> PenaltyInputs:
    player = critic if "discriminator" in penalty.players else maker
    generated = GeneratedBatch.from_latents(maker, latents())
    real, fake = samples(1), generated.samples
    if player is critic:
        real, fake = (
            side.detach().requires_grad_(name in penalty.gradient_sides)
            for name, side in (("real", real), ("fake", fake))
        )
    scores = (real, fake, critic(real), critic(fake), torch.Generator().manual_seed(3))
    return PenaltyInputs(FeatureCritic(critic), *scores, player=player, generated=generated, memory=held or {})


def scored(network: nn.Module, batch: Batch, fake: Tensor, *penalties: Penalty) -> Scores:
    return score(
        FeatureCritic(network),
        batch,
        GeneratedBatch.from_latents(lambda latents: latents, fake),
        Penalizer(penalties, network),
    )


def batch(step: int) -> Batch:
    return Batch(samples(1).float(), None, step, torch.Generator().manual_seed(3))


class Stopped:
    """Detached numbers: recorded in the first evaluation, repeated in later ones."""

    def __init__(self) -> None:
        self.noted: list[Tensor] = []
        self.calls, self.repeats = 0, False
        self.detach: Callable[[Tensor], Tensor] = Tensor.detach

    def again(self) -> None:
        self.calls, self.repeats = 0, True

    def __call__(self, values: Tensor) -> Tensor:
        if not self.repeats:
            self.noted.append(self.detach(values))
        self.calls += 1
        return self.noted[self.calls - 1]


@every_penalty
def test_a_penalty_survives_yaml(kind: type[Penalty]) -> None:
    penalty = kind(weight=0.5, every=16)
    assert kind.from_yaml(penalty.to_yaml()) == penalty


@every_penalty
def test_the_gradients_of_a_penalty_match_finite_differences(
    kind: type[Penalty], monkeypatch: pytest.MonkeyPatch
) -> None:
    penalty, critic, maker, step = kind(), discriminator(), generator(), 1e-5
    held, stopped = memory(penalty), Stopped()
    player = critic if "discriminator" in kind.players else maker

    def value() -> Tensor:
        inputs = penalty_inputs(penalty, critic, maker, deepcopy(held))
        with monkeypatch.context() as patch:
            patch.setattr(Tensor, "detach", lambda values: stopped(values))
            return penalty.value(inputs)

    gradients = torch.autograd.grad(value(), list(player.parameters()), allow_unused=True, materialize_grads=True)
    for parameter, gradient in zip(player.parameters(), gradients, strict=True):
        numeric = torch.empty_like(gradient)
        flat = parameter.data.view(-1)
        for index in range(len(flat)):
            sides = []
            for move in (step, -2 * step):
                flat[index] += move
                stopped.again()
                sides.append(value().item())
            flat[index] += step
            numeric.view(-1)[index] = (sides[0] - sides[1]) / (2 * step)
        torch.testing.assert_close(gradient, numeric, rtol=1e-5, atol=1e-8)


@of_a["discriminator"]
def test_a_discriminators_penalty_gives_no_gradient_to_the_generator(kind: type[Penalty]) -> None:
    penalty, critic, maker = kind(), discriminator(), generator()
    value = penalty.value(penalty_inputs(penalty, critic, maker, memory(penalty)))
    gradients = torch.autograd.grad(value, list(maker.parameters()), allow_unused=True)
    assert all(gradient is None for gradient in gradients)


@every_penalty
def test_a_penalty_of_constant_players_and_its_gradients_are_finite(kind: type[Penalty]) -> None:
    penalty, critic, maker = kind(), discriminator(), generator()
    for parameter in (*critic.parameters(), *maker.parameters()):
        nn.init.zeros_(parameter)
    value = penalty.value(penalty_inputs(penalty, critic, maker, memory(penalty)))
    value.backward()
    assert value.isfinite()
    assert all(p.grad is None or p.grad.isfinite().all() for p in (*critic.parameters(), *maker.parameters()))


@every_penalty
def test_a_lazy_penalty_counts_as_often_as_it_is_left_out(kind: type[Penalty]) -> None:
    critic, maker = discriminator(), generator()
    player = critic if "discriminator" in kind.players else maker

    def losses(penalty: Penalty, step: int) -> Losses:
        penalizer = Penalizer((penalty,), player)
        return penalizer.losses(penalty_inputs(penalty, critic, maker), step)

    values = [losses(kind(weight=0.5, every=4), step) for step in range(9)]
    assert [step for step, losses in enumerate(values) if losses] == [0, 4, 8]
    once = losses(kind(weight=1.0), 0)
    assert values[0].keys() == once.keys() == {kind.kind()}
    torch.testing.assert_close(values[0][kind.kind()], 2 * once[kind.kind()])


@every_penalty
def test_a_penalty_of_weight_zero_is_never_due(kind: type[Penalty]) -> None:
    assert not any(kind(weight=0).due(step) for step in range(20))


@of_a["discriminator"]
def test_a_penalty_leaves_the_scores_and_the_samples_as_they_were(kind: type[Penalty]) -> None:
    critic, fake, played = discriminator().float(), samples(2).float(), batch(0)
    plain, punished = scored(critic, batch(0), fake), scored(critic, played, fake, kind())
    assert torch.equal(plain.real, punished.real)
    assert torch.equal(plain.fake, punished.fake)
    assert torch.equal(played.real, samples(1).float())
    assert not played.real.requires_grad
    assert not fake.requires_grad


@of_a["discriminator"]
def test_a_penalty_is_computed_in_float32_under_autocast(kind: type[Penalty]) -> None:
    critic = discriminator().float()
    with torch.autocast("cpu", torch.bfloat16):
        under = scored(critic, batch(0), samples(2).bfloat16(), kind())
    plain = scored(critic, batch(0), samples(2).bfloat16().float(), kind())
    assert under.real.dtype == under.penalties[kind.kind()].dtype == torch.float32
    if kind.needs_double_backward:
        assert torch.equal(under.penalties[kind.kind()], plain.penalties[kind.kind()])
    else:
        torch.testing.assert_close(under.penalties[kind.kind()], plain.penalties[kind.kind()], atol=0.1, rtol=0.1)


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda projection: projection.kind())
def test_a_projection_works_in_place_and_twice_as_once(projection: Projection) -> None:
    critic = discriminator()
    parameters = list(critic.parameters())
    places = [parameter.data_ptr() for parameter in parameters]
    projection(parameters)
    once = [parameter.detach().clone() for parameter in parameters]
    projection(parameters)
    assert all(torch.equal(one, two) for one, two in zip(once, parameters, strict=True))
    assert [parameter.data_ptr() for parameter in parameters] == places
    assert all(parameter.requires_grad and parameter.is_leaf for parameter in parameters)
    assert type(projection).from_yaml(projection.to_yaml()) == projection
