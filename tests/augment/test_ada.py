"""The pipeline of ADA, with a fixed probability and an adaptive one."""

import pytest
import torch
from torch import Tensor

from sparring.augment import ADA, Consistency, Pipeline
from sparring.errors import SpecError
from sparring.game import Batch
from sparring.games import GAN
from sparring.games.consensus import Consensus
from sparring.latents import Gaussian
from sparring.network import Condition
from sparring.networks import MLP
from sparring.spec.schedule import Linear


def images(count: int = 8, channels: int = 3) -> Tensor:
    return torch.rand(count, channels, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2 - 1


def augment(pipeline: Pipeline, inputs: Tensor, count: int = 0) -> Tensor:
    return pipeline(inputs, torch.Generator().manual_seed(1), count)


@pytest.mark.parametrize("groups", ["b", "g", "c", "f", "n", "nc", "bgc", "bgcfnc", "fc"])
def test_probability_0_changes_nothing_and_1_changes_all_images(groups: str) -> None:
    inputs = images()
    torch.testing.assert_close(augment(Pipeline(groups=groups, probability=0), inputs), inputs, atol=1e-7, rtol=0)
    if groups != "b":  # which may draw that nothing is done
        changed = (augment(Pipeline(groups=groups, probability=1), inputs) - inputs).abs().flatten(1).amax(1)
        assert float(changed.min()) > 1e-3


def test_the_first_c_is_colour_and_a_last_one_cuts_out() -> None:
    inputs = images()
    assert not (augment(Pipeline(groups="c", probability=1), inputs) == 0).any()
    assert (augment(Pipeline(groups="cc", probability=1), inputs) == 0).any((1, 2, 3)).all()
    assert (augment(Pipeline(groups="nc", probability=1), inputs) == 0).any((1, 2, 3)).all()


def test_opacity_is_moved_with_the_image_and_keeps_its_values() -> None:
    inputs = images(channels=4)
    outputs = augment(Pipeline(groups="bc", probability=1), inputs)
    assert torch.equal(outputs[:, 3], augment(Pipeline(groups="b", probability=1), inputs)[:, 3])


def test_the_probability_may_change_while_a_run_goes_on() -> None:
    inputs, ramp = images(), Pipeline(groups="g", probability=Linear(start=0, end=1, images=100))
    torch.testing.assert_close(augment(ramp, inputs), inputs, atol=1e-7, rtol=0)
    assert torch.equal(augment(ramp, inputs, 100), augment(Pipeline(groups="g", probability=1), inputs))


def test_numbers_stay_in_float32_where_images_are_of_fewer_bits() -> None:
    inputs = images().bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        outputs = augment(Pipeline(probability=0.5), inputs)
    expected = augment(Pipeline(probability=0.5), inputs.float())
    assert torch.equal(outputs, expected.bfloat16())


@pytest.mark.parametrize("groups", ["", "x", "gb", "bgcx", "bb", "ccc", "BGC"])
def test_groups_that_are_none_are_refused(groups: str) -> None:
    with pytest.raises(SpecError, match=rf"groups: got '{groups}'; needs some of b \(pixel blitting\)"):
        Pipeline.read({"groups": groups})


@pytest.mark.parametrize(("probability", "message"), [(1.5, "1 or below"), (-0.1, "0 or above")])
def test_a_probability_is_in_0_to_1(probability: float, message: str) -> None:
    with pytest.raises(SpecError, match=f"probability: .*must stay at {message}"):
        Pipeline.read({"probability": probability})


SAMPLE = (3, 4, 4)


def run_updates(ada: ADA, signs: list[float], count: int = 1000, parts: int = 1) -> list[float]:
    """Returns p at the end of each step, given the mean sign of its scores."""
    memory, probabilities = ada.memory(), []
    for step, mean in enumerate(signs):
        positive = round(count * (1 + mean) / 2)
        scores = torch.cat((torch.full((positive, 1), 0.1), torch.full((count - positive, 1), -3.0)))
        for part in scores[torch.randperm(count, generator=torch.Generator().manual_seed(step))].chunk(parts):
            observations = ada.update(memory, part, step)
        probabilities.append(float(observations["augmentation"]))
    return probabilities


def test_the_probability_rises_by_the_images_shown_every_fourth_step_where_real_samples_score_above_zero() -> None:
    expected = [step // 4 * 4 * 1000 / 500_000 for step in range(14)]
    assert run_updates(ADA(), [1.0] * 14) == pytest.approx(expected, abs=1e-7)


def test_it_goes_to_1_in_as_many_images_as_are_given_and_no_further() -> None:
    probabilities = run_updates(ADA(images=8000), [1.0] * 17)
    assert [probabilities[step] for step in (4, 8, 12, 16)] == [0.5, 1, 1, 1]


def test_it_falls_as_fast_where_signs_are_below_the_target_and_not_below_0() -> None:
    probabilities = run_updates(ADA(images=8000), [0.8] * 4 + [0.4] * 13)
    assert [probabilities[step] for step in (4, 8, 12, 16)] == [0.5, 0, 0, 0]
    assert run_updates(ADA(images=8000, target=0.3), [0.8] * 4 + [0.4] * 5)[-1] == 1


def test_signs_are_averaged_over_the_steps_between() -> None:
    assert run_updates(ADA(images=8000), [1.0, 1.0, 1.0, -0.8, 0])[-1] == 0
    assert run_updates(ADA(images=8000), [1.0, 1.0, 1.0, -0.4, 0])[-1] == 0.5
    assert run_updates(ADA(images=8000, every=2), [1.0] * 5) == [0, 0, 0.25, 0.25, 0.5]


def test_it_stays_where_the_signs_are_on_target() -> None:
    assert run_updates(ADA(images=8000, target=0.5), [0.75] * 4 + [0.5] * 9)[-1] == 0.5


@pytest.mark.parametrize("parts", [2, 4])
def test_parts_of_a_batch_count_as_the_whole_of_it(parts: int) -> None:
    signs = [1.0, 0.2, 0.9, 0.6, 0.1, 0.2, 1.0, 1.0, 1.0]
    assert run_updates(ADA(images=9000), signs, parts=parts) == run_updates(ADA(images=9000), signs)


def test_more_than_one_move_of_a_step_counts_and_adapts_once() -> None:
    ada = ADA(every=1, images=100)
    memory = ada.memory()
    probabilities = [float(ada.update(memory, torch.ones(10, 1), step)["augmentation"]) for step in (0, 0, 1, 1, 2)]
    assert probabilities == pytest.approx([0, 0, 0.2, 0.2, 0.4])


def test_the_log_has_the_probability_and_the_mean_sign_so_far() -> None:
    ada = ADA()
    observations = ada.update(ada.memory(), torch.tensor([[2.0], [1.0], [-0.1], [3.0]]), 0)
    assert {name: float(value) for name, value in observations.items()} == {"augmentation": 0.0, "sign_real": 0.5}


def test_what_it_does_is_the_pipeline_at_its_probability() -> None:
    images, ada = torch.rand(6, 3, 8, 8) * 2 - 1, ADA(groups="bg")
    memory = {**ada.memory(), "probability": torch.tensor(0.5)}
    augmented = ada.recall(memory, images, torch.Generator().manual_seed(0), 0)
    expected = Pipeline(groups="bg", probability=0.5)(images, torch.Generator().manual_seed(0), 0)
    assert torch.equal(augmented, expected)


def build_game(**rules: object) -> GAN:
    torch.manual_seed(0)
    cast = {"generator": MLP.Spec(width=5), "discriminator": MLP.Spec(width=5), "prior": Gaussian(size=3)}
    game = GAN.Spec(**{**cast, **rules}).build(SAMPLE, Condition())  # type: ignore[arg-type]
    assert isinstance(game, GAN)
    return game


def batch(step: int) -> Batch:
    real = torch.rand(6, *SAMPLE, generator=torch.Generator().manual_seed(1)) * 2 - 1
    return Batch(real, None, step, torch.Generator().manual_seed(2))


def state(game: torch.nn.Module) -> dict[str, Tensor]:
    return {name: value for name, value in game.state_dict().items() if "augmenter" in name}


def test_a_game_saves_what_it_remembers_and_the_generators_move_leaves_it_alone() -> None:
    game = build_game(augmentations=(ADA(every=1, images=12),))
    names = ("probability", "signs", "count", "step")
    assert state(game).keys() == {f"adversary.augmenter.ADA_{name}" for name in names}
    before = {name: value.clone() for name, value in state(game).items()}
    game.generate(batch(0))
    assert all(torch.equal(value, before[name]) for name, value in state(game).items())
    real = batch(0)
    game.discriminate(real)
    assert float(state(game)["adversary.augmenter.ADA_count"]) == 6
    assert real.observations.keys() == {"score_real", "score_fake", "augmentation", "sign_real"}
    game.discriminate(batch(1))
    signs = real.observations["sign_real"]
    assert float(state(game)["adversary.augmenter.ADA_probability"]) == (0.5 if signs > 0.6 else 0)


def test_a_rehearsal_leaves_no_trace_in_it() -> None:
    game = build_game(augmentations=(ADA(every=1, images=12),))
    wrapped = Consensus.Spec(of=game.spec).build(SAMPLE, Condition())
    wrapped.teams[1].losses(batch(0))
    assert float(state(wrapped)["of.adversary.augmenter.ADA_count"]) == 0
    wrapped.teams[0].losses(batch(0))
    assert float(state(wrapped)["of.adversary.augmenter.ADA_count"]) == 6


def test_moves_with_it_are_not_recorded() -> None:
    assert build_game(augmentations=(ADA(),)).capture_key(batch(0)) is None
    assert build_game(augmentations=(Pipeline(),)).capture_key(batch(0)) is not None


def test_a_penalty_cannot_have_it() -> None:
    with pytest.raises(SpecError, match=r"transformations: .*ADA adapts to a game .*; use Pipeline"):
        Consistency.read({"transformations": ["ADA"]})


@pytest.mark.parametrize("field", ["target: 1.0", "target: -1", "every: 0", "images: 0"])
def test_settings_that_cannot_be_are_refused(field: str) -> None:
    with pytest.raises(SpecError, match=f"{field.partition(':')[0]}: got"):
        ADA.from_yaml(field)
