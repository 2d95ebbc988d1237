"""The adversary: both halves of a GAN's step under its rules, alone, in several, and in a loop of one's own."""

import pytest
import torch
from torch import Tensor, nn

from sparring.adversary import AdversarialSpec, Adversaries, Adversary, GeneratedBatch
from sparring.augment import ADA, Flip
from sparring.errors import ShapeError, SpecError
from sparring.game import Batch, Game, Losses, Team
from sparring.games import GAN
from sparring.losses import Hinge, NonSaturating, Relativistic
from sparring.network import Condition, Network, Shape
from sparring.networks import MLP, DCGANDiscriminator
from sparring.penalties import R1, FeatureMatching, LeCam, PathLength

SAMPLE = (2, 4, 4)


def build(spec: AdversarialSpec, name: str = "", outputs: int = 1) -> tuple[Adversary, Network, nn.Linear]:
    """An adversary, its discriminator, and a generator of flat samples."""
    torch.manual_seed(0)
    discriminator, generator = MLP.Spec(width=6).build(SAMPLE, (outputs,)), nn.Linear(3, 32)
    return Adversary(spec, discriminator, SAMPLE, generator, name=name), discriminator, generator


def batch(step: int = 0) -> Batch:
    real = torch.randn(5, *SAMPLE, generator=torch.Generator().manual_seed(1))
    return Batch(real, None, step, torch.Generator().manual_seed(2))


def generate(generator: nn.Module) -> GeneratedBatch:
    latents = torch.randn(5, 3, generator=torch.Generator().manual_seed(3))
    return GeneratedBatch.from_latents(lambda z: generator(z).view(-1, *SAMPLE), latents)


@pytest.mark.parametrize("losses", [NonSaturating(), Hinge(), Relativistic()], ids=repr)
def test_the_two_halves_of_a_step_are_those_of_the_loss(losses: NonSaturating) -> None:
    adversary, discriminator, generator = build(GAN.Spec(losses=losses))
    fake, played = generate(generator), batch()
    real, generated = discriminator(played.real), discriminator(fake.samples)
    found, scores = adversary.discriminate(played, fake)
    torch.testing.assert_close(found, {"adversarial": losses.discriminator(real, generated)})
    torch.testing.assert_close((scores.real, scores.fake), (real, generated))
    found, output = adversary.fool(played, fake)
    torch.testing.assert_close(found, {"adversarial": losses.generator(generated, real)})
    torch.testing.assert_close(output, generated)


def test_real_samples_of_ones_own_replace_those_of_the_batch() -> None:
    adversary, discriminator, generator = build(GAN.Spec(losses=Relativistic()))
    fake, real = generate(generator), torch.ones(5, *SAMPLE)
    expected = Relativistic().discriminator(discriminator(real), discriminator(fake.samples))
    torch.testing.assert_close(adversary.discriminate(batch(), fake, real)[0]["adversarial"], expected)
    expected = Relativistic().generator(discriminator(fake.samples), discriminator(real))
    torch.testing.assert_close(adversary.fool(batch(), fake, real)[0]["adversarial"], expected)


def test_penalties_are_added_on_their_steps_to_the_side_whose_they_are() -> None:
    spec = GAN.Spec(penalties=(R1(every=2), LeCam()), generator_penalties=(FeatureMatching(),))
    adversary, _, generator = build(spec)
    assert adversary.discriminate(batch(0), generate(generator))[0].keys() == {"adversarial", "R1", "LeCam"}
    assert adversary.discriminate(batch(1), generate(generator))[0].keys() == {"adversarial", "LeCam"}
    assert adversary.fool(batch(), generate(generator))[0].keys() == {"adversarial", "FeatureMatching"}
    assert [adversary.needs_double_backward("discriminator", step) for step in (0, 1)] == [True, False]
    assert not adversary.needs_double_backward("generator", 0)
    assert adversary.capture_key(0) is None, "LeCam depends on its memory"
    assert adversary.needs_real(0)


def test_all_that_it_remembers_is_in_its_state() -> None:
    adversary, *_ = build(GAN.Spec(penalties=(LeCam(),), augmentations=(ADA(), Flip(), ADA())))
    names = adversary.state_dict().keys()
    assert {"discriminator_penalties.LeCam_begun", "augmenter.ADA_probability", "augmenter.ADA_2_probability"} <= names
    assert not [name for name in names if "layers" in name], "players are the game's"


def test_the_log_names_of_one_among_several_end_in_its_name() -> None:
    adversary, _, generator = build(GAN.Spec(penalties=(R1(),)), name="a")
    played = batch()
    assert adversary.discriminate(played, generate(generator))[0].keys() == {"adversarial_a", "R1_a"}
    assert played.observations.keys() == {"score_real_a", "score_fake_a"}
    assert adversary.fool(played, generate(generator))[0].keys() == {"adversarial_a"}


def test_auxiliary_logits_come_with_the_scores() -> None:
    adversary, discriminator, generator = build(GAN.Spec(), outputs=4)
    fake = generate(generator)
    _, scores = adversary.discriminate(batch(), fake)
    torch.testing.assert_close(scores.aux["fake"], discriminator(fake.samples)[:, 1:])
    assert adversary.fool(batch(), fake)[1].shape == (5, 4)


def test_parts_that_do_not_fit_are_refused_by_the_field_of_the_game() -> None:
    with pytest.raises(ShapeError, match=r"^game\.augmentations: "):
        Adversary(GAN.Spec(augmentations=(Flip(),)), MLP.Spec().build((3,), (1,)), (3,), nn.Identity())
    with pytest.raises(SpecError, match="PathLength"):
        build(GAN.Spec(generator_penalties=(PathLength(),)))


class TwoScales(Game):
    """A generator against a discriminator of whole images and one of images at half the size."""

    class Spec(GAN.Spec):
        pass

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, condition)
        self.generator = MLP.Spec(width=4).build((3,), sample)
        self.whole, self.small = Halved(sample, 1), Halved(sample, 2)
        discriminators = {"whole": self.whole, "small": self.small}
        self.adversaries = Adversaries(
            {name: Adversary(spec, one, sample, self.generator, name=name) for name, one in discriminators.items()}
        )
        generator = Team("generator", {"generator": self.generator}, self.generate)
        self.teams = (self.adversaries.team(self.discriminate), generator)

    def fake(self, played: Batch) -> GeneratedBatch:
        return GeneratedBatch.from_latents(self.generator, torch.randn(5, 3, generator=played.random))

    def discriminate(self, played: Batch) -> Losses:
        return self.adversaries.discriminate(played, self.fake(played))

    def generate(self, played: Batch) -> Losses:
        return self.adversaries.fool(played, self.fake(played))


class Halved(Network):
    def __init__(self, sample: Shape, factor: int) -> None:
        super().__init__()
        self.shrink = nn.AvgPool2d(factor)
        size = (sample[0], *(side // factor for side in sample[1:]))
        self.network = DCGANDiscriminator.Spec(width=4).build(size, (1,))

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        scores: Tensor = self.network(self.shrink(inputs))
        return scores


def test_a_game_may_have_several_discriminators_that_move_as_one() -> None:
    torch.manual_seed(0)
    spec = TwoScales.Spec(order=("discriminators", "generator"), penalties=(R1(), LeCam()))
    game = spec.build((3, 8, 8))
    team, generator = game.teams
    assert team.players.keys() == {"whole", "small"}
    losses = team.losses(Batch(torch.randn(5, 3, 8, 8), None, 0, torch.Generator()))
    assert losses.keys() == {f"{kind}_{name}" for kind in ("adversarial", "R1", "LeCam") for name in team.players}
    with game.to_move(team):
        torch.stack(
            list(team.losses(Batch(torch.randn(5, 3, 8, 8), None, 0, torch.Generator())).values())
        ).sum().backward()
    assert all(weight.grad is not None for weight in team.parameters() if weight.requires_grad)
    assert not [weight for weight in generator.parameters() if weight.grad is not None]
    fooled = generator.losses(Batch(torch.randn(5, 3, 8, 8), None, 0, torch.Generator()))
    assert fooled.keys() == {"adversarial_whole", "adversarial_small"}


def test_it_trains_something_in_a_loop_of_ones_own() -> None:
    adversary, discriminator, generator = build(GAN.Spec(penalties=(R1(weight=0.1),)))
    optimizers = [torch.optim.Adam(player.parameters(), 0.01) for player in (discriminator, generator)]
    target, distances = torch.full((64, *SAMPLE), 0.5), []
    for step in range(60):
        played = Batch(target, None, step, torch.Generator().manual_seed(step))
        latents = torch.randn(64, 3, generator=played.random)
        fake = GeneratedBatch.from_latents(lambda z: generator(z).view(-1, *SAMPLE), latents)
        for half, optimizer in zip((adversary.discriminate, adversary.fool), optimizers, strict=True):
            for player in (discriminator, generator):
                player.zero_grad()
            losses, _ = half(played, fake)
            torch.stack(list(losses.values())).sum().backward(retain_graph=True)
            optimizer.step()
            fake = GeneratedBatch.from_latents(fake.generate, latents)
        distances.append(float((fake.samples.detach() - target).abs().mean()))
    assert distances[-1] < 0.9 * distances[0]
