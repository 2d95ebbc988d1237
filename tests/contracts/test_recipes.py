"""What every built-in recipe promises: written down it is the same; shrunk it trains, samples, loads and resumes."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

import sparring
from sparring.errors import SpecError
from sparring.inference.model import Model
from sparring.recipes import Recipe, list_recipes
from sparring.spec import Spec
from sparring.training.checkpoints import Checkpoint, list_checkpoints, read_checkpoint
from sparring.training.listener import Listener, View

Shrink = Callable[..., Recipe]

RECIPES = sorted(list_recipes())

VARIANTS = [
    ("dcgan", "training.layout=contiguous"),
    ("dcgan", "training.precision=bfloat16"),
    ("dcgan", "training.accumulation=2"),
    ("dcgan", "data.mirror=true"),
    ("dcgan", "conditional=true"),
    ("dcgan", "averages={}"),
    ("dcgan", "averages={generator: {}, discriminator: {half_life: 20, warm_up: 0}}"),
    ("dcgan", "penalties=[{kind: R1, every: 2}, GradientPenalty]", "discriminator.normalization=LayerNorm"),
    ("dcgan", "optimizers={generator: SGD, discriminator: {kind: SGD, momentum: 0.9}}"),
    ("dcgan", "clip_gradient=0.1", "data.size=5x9"),
    ("gan", "discriminator.dropout=0.5", "generator.dropout=0.5"),
    ("gan", "averages={}", "generator.dropout=0.5"),
    ("sngan", "averages={generator: {}, discriminator: {}}", "generator.reparametrization=SpectralNorm"),
    ("wgan-gp", "training.precision=bfloat16", "training.accumulation=2", "data.mirror=true"),
    ("wgan-gp", "optimizers.discriminator.kind=OptimisticAdam", "final_rate=0.1"),
    (
        "dcgan",
        "penalties=[{kind: LeCam, every: 2}, BalancedConsistency]",
        "augmentations=[Flip, {kind: Shift, pixels: 1}]",
    ),
    (
        "dcgan",
        "penalties=[Consistency, LatentConsistency, OrthogonalRegularization]",
        "generator_penalties=[LatentDiversity, FeatureMatching, {kind: OrthogonalRegularization, every: 2}]",
        "training.precision=bfloat16",
    ),
    (
        "dcgan",
        "augmentations=[{kind: InstanceNoise, deviation: {kind: Cosine, start: 0.5, end: 0, images: 12}}]",
        "discriminator.minibatch=MinibatchStandardDeviation",
        "penalties=[R1]",
    ),
    (
        "gan",
        "penalties=[LeCam, R1, R2]",
        "augmentations=[{kind: Coarsen, factor: {kind: Steps, values: [2, 1], images: [8]}}]",
        "discriminator.minibatch=MinibatchDiscrimination",
        "training.recorded=true",
    ),
    ("gan", "penalties=[LatentConsistency, Consistency]", "augmentations=[InstanceNoise]", "training.recorded=true"),
    ("dcgan", "augmentations=[{kind: ADA, every: 1, images: 20, target: -0.5}]", "penalties=[{kind: R1, every: 2}]"),
    (
        "dcgan",
        "augmentations=[InstanceNoise, {kind: ADA, groups: bgcfnc, every: 2, images: 40, target: -0.5}, DiffAugment]",
        "training.accumulation=2",
        "training.precision=bfloat16",
    ),
    ("acgan", "augmentations=[Pipeline, {kind: ADA, every: 1, images: 20, target: -0.5}]", "penalties=[R1]"),
    ("bigan", "augmentations=[{kind: ADA, every: 1, images: 20, target: -0.5}]"),
    ("dcgan", "augmentations=[{kind: ADA, every: 1, images: 20, target: -0.5}]", "game.kind=Consensus"),
    ("ring", "penalties=[R1, R2, LeCam]", "augmentations=[InstanceNoise]"),
    ("infogan", "recognizer={kind: DCGANDiscriminator, width: 4}", "penalties=[R1]", "augmentations=[Flip]"),
    ("infogan", "penalties=[{kind: R1, every: 2}]", "codes=[{kind: Continuous, size: 3}]", "training.recorded=true"),
    ("infogan", "training.precision=bfloat16", "training.accumulation=2", "augmentations=[InstanceNoise]"),
    ("bigan", "penalties=[R1]", "augmentations=[Flip]", "training.precision=bfloat16", "training.accumulation=2"),
    ("ali", "penalties=[{kind: R1, every: 2}, LeCam]", "generator_penalties=[FeatureMatching]"),
    ("bigan", "penalties=[{kind: R1, every: 2}]", "training.recorded=true"),
    (
        "flow-gan",
        "penalties=[{kind: R1, every: 2}, LeCam]",
        "generator_penalties=[FeatureMatching]",
        "augmentations=[Flip]",
        "training.precision=bfloat16",
        "training.accumulation=2",
    ),
    ("flow-gan-digits", "generator={kind: NICE, width: 4}", "likelihood_weight=0", "losses=Relativistic"),
    ("gan", "game.kind=Consensus", "of.generator.dropout=0.5"),
    ("dcgan", "game.kind=Consensus", "training.precision=bfloat16", "conditional=true"),
    (
        "dcgan",
        "conditional=true",
        "generator.conditioning=ConditionalBatchNorm",
        "discriminator.conditioning=Projection",
    ),
    ("gan", "conditional=true", "generator.conditioning=ConditionalBatchNorm", "discriminator.conditioning=Projection"),
    ("acgan", "penalties=[R1]", "augmentations=[Flip]", "generator_penalties=[FeatureMatching]"),
    ("pix2pix", "data.crop=6", "data.mirror=true", "penalties=[R1]", "augmentations=[Flip]"),
    ("pix2pix", "order=[discriminator, generator]", "generator_penalties=[FeatureMatching]", "averages.generator={}"),
    ("pix2pix", "training.precision=bfloat16", "training.accumulation=2", "batch=4"),
    ("pix2pix", "generator.normalization=BatchNorm", "discriminator.normalization=BatchNorm"),
    ("cyclegan", "history=3", "identity_weight=5", "data.crop=6", "penalties=[R1, LeCam]", "augmentations=[Flip]"),
    ("cyclegan", "history=3", "batch=4", "training.precision=bfloat16", "training.accumulation=2"),
    ("cyclegan", "order=[discriminators, generators]", "generator.normalization=BatchNorm"),
    ("dann-digits", "penalties=[{kind: R1, every: 2}, LeCam]", "losses=Wasserstein", "training.accumulation=2"),
    ("dann-digits", "training.precision=bfloat16", "averages={learner: {}}", "encoder.normalization=BatchNorm"),
    ("adda-digits", "pretraining=8", "penalties=[R1]", "losses=Relativistic", "averages={target: {}, source: {}}"),
    ("adda-digits", "pretraining=8", "training.precision=bfloat16", "training.accumulation=2", "clip_gradient=1"),
    ("wgan-gp", "game.kind=Unrolled", "steps=2"),
    ("sngan", "game.kind=Unrolled", "steps=2", "game.kind=Consensus"),
    (
        "stylegan2",
        "augmentations=[{kind: ADA, every: 1, images: 20, target: -0.5}]",
        "penalties=[{kind: R1, every: 2}]",
        "generator_penalties=[{kind: PathLength, every: 2}]",
        "data.size=9x5",
        "data.channels=rgba",
    ),
    (
        "stylegan2-emoji",
        "augmentations=[{kind: ADA, every: 2, images: 40, target: -0.5}]",
        "generator_penalties=[PathLength]",
        "conditional=true",
        "training.precision=bfloat16",
        "training.accumulation=2",
    ),
    ("stylegan2-emoji", "game.kind=Consensus", "averages={}"),
    ("progressive-emoji", "data.size=9x17", "data.channels=rgba", "final_rate=0.1"),
    (
        "stylegan",
        "smallest=4",
        "conditional=true",
        "training.precision=bfloat16",
        "training.accumulation=2",
        "generator_penalties=[{kind: PathLength, every: 2}]",
        "augmentations=[{kind: ADA, every: 1, images: 20, target: -0.5}]",
    ),
    ("progressive-emoji", "game.kind=Unrolled", "steps=2", "rates={8: 0.5}"),
    ("stylegan2-emoji", "game.kind=Unrolled", "steps=2"),
]


class Killed(Listener):
    """Copies a run's folder after a step, as a process that is killed there would leave it."""

    def __init__(self, folder: Path, copy: Path, after: int) -> None:
        self.folder, self.copy, self.after = folder, copy, after

    def step(self, view: View) -> None:
        if view.step == self.after:
            shutil.copytree(self.folder, self.copy)


class Fuse(Listener):
    """Raises after a step."""

    def __init__(self, after: int) -> None:
        self.after = after

    def step(self, view: View) -> None:
        if view.step == self.after:
            raise InterruptedError


def parts(spec: object) -> Iterator[Spec]:
    """Yields a spec and all specs inside it."""
    if isinstance(spec, Spec):
        yield spec
        spec = dict(spec)
    if isinstance(spec, dict):
        spec = tuple(spec.values())
    if isinstance(spec, tuple):
        for item in spec:
            yield from parts(item)


def last_checkpoint(run: Path) -> Checkpoint:
    return read_checkpoint(list_checkpoints(run / "checkpoints")[-1])


def images_for(recipe: Recipe, seed: int) -> torch.Tensor | None:
    """Returns three images of the data for a game that translates, None for others."""
    images = recipe.data.load().sources(3)
    return None if images is None else images.roll(seed, 0)


def assert_equal(one: Checkpoint, other: Checkpoint) -> None:
    assert one.tensors.keys() == other.tensors.keys()
    assert not [name for name, tensor in one.tensors.items() if not torch.equal(tensor, other.tensors[name])]
    assert one.facts.scores == other.facts.scores
    assert one.facts.step == other.facts.step


@pytest.mark.parametrize("name", RECIPES)
def test_every_spec_of_a_recipe_survives_yaml(name: str) -> None:
    for spec in parts(sparring.recipe(name)):
        assert type(spec).from_yaml(spec.to_yaml()) == spec


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_says_what_it_is(name: str) -> None:
    assert list_recipes()[name].endswith(".")
    assert sparring.recipe(name).name == name


@dataclass
class Whole:
    """A finished run of a shrunk recipe, the model that training returned, and the run's folder amid its third step."""

    recipe: Recipe
    folder: Path
    model: Model
    broken: Path


def train_whole(recipe: Recipe, home: Path) -> Whole:
    killed = Killed(home / "whole", home / "broken", after=3)
    return Whole(recipe, home / "whole", sparring.train(recipe, home / "whole", listeners=[killed]), home / "broken")


def assert_resumes(whole: Whole) -> None:
    """Holds the run of a process that was killed in its third step against the whole run."""
    assert last_checkpoint(whole.broken).facts.step == 2
    sparring.train(whole.recipe, whole.broken)
    assert_equal(last_checkpoint(whole.broken), last_checkpoint(whole.folder))


@pytest.fixture(scope="module", params=RECIPES)
def whole(request: pytest.FixtureRequest, shrink: Shrink, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return train_whole(shrink(request.param), tmp_path_factory.mktemp("whole"))


def test_a_shrunk_recipe_trains_samples_and_loads(whole: Whole) -> None:
    recipe, model, folder = whole.recipe, whole.model, whole.folder
    assert (folder / "recipe.yaml").read_text() == model.recipe.to_yaml()
    assert {path.name for path in folder.iterdir()} >= {"log.jsonl", "samples", "checkpoints", "report.html"}
    again = sparring.load(folder)
    assert again.recipe == model.recipe
    if not recipe.game.generates:
        with pytest.raises(SpecError, match="makes no samples"):
            model.sample(3)
        return
    images = model.sample(3, seed=1, condition=images_for(recipe, 1))
    assert images.shape == (3, *model.shape)
    assert images.isfinite().all()
    assert images.abs().max() <= 1
    assert torch.equal(again.sample(3, seed=1, condition=images_for(recipe, 1)), images)
    assert not torch.equal(again.sample(3, seed=2, condition=images_for(recipe, 2)), images)


def test_a_resumed_run_equals_the_uninterrupted_one_bit_for_bit(whole: Whole) -> None:
    assert_resumes(whole)


@pytest.mark.parametrize("changes", VARIANTS, ids=" ".join)
def test_a_resumed_run_of_a_variant_equals_the_uninterrupted_one_bit_for_bit(
    changes: tuple[str, ...], shrink: Shrink, tmp_path: Path
) -> None:
    assert_resumes(train_whole(shrink(*changes), tmp_path))


@pytest.mark.parametrize("name", ["dcgan", "progressive-emoji", "ring"])
def test_an_error_in_a_step_leaves_a_run_that_resumes_bit_for_bit(name: str, shrink: Shrink, tmp_path: Path) -> None:
    recipe = shrink(name)
    sparring.train(recipe, tmp_path / "whole")
    with pytest.raises(InterruptedError):
        sparring.train(recipe, tmp_path / "broken", listeners=[Fuse(after=3)])
    assert last_checkpoint(tmp_path / "broken").facts.step == 2
    sparring.train(recipe, tmp_path / "broken")
    assert_equal(last_checkpoint(tmp_path / "broken"), last_checkpoint(tmp_path / "whole"))


def test_two_threads_resume_as_exactly_as_one(shrink: Shrink, tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert_resumes(train_whole(shrink("dcgan", "data.size=32"), tmp_path))
    finally:
        torch.set_num_threads(threads)


def test_listeners_leave_no_trace_in_the_weights(shrink: Shrink, tmp_path: Path) -> None:
    for name, often in (("seldom", 1_000_000), ("often", 1)):
        watched = [f"listening.{what}_every={often}" for what in ("samples", "scores")]
        sparring.train(shrink("gan", "averages={}", "generator.dropout=0.5", *watched), tmp_path / name)
        sparring.train(shrink("dcgan", "averages={}", *watched), tmp_path / f"{name}-dcgan")
        sparring.train(shrink("sngan", *watched), tmp_path / f"{name}-sngan")
    for suffix in ("", "-dcgan", "-sngan"):
        one, other = (last_checkpoint(tmp_path / f"{name}{suffix}") for name in ("seldom", "often"))
        assert not [name for name, tensor in one.tensors.items() if not torch.equal(tensor, other.tensors[name])]


def test_the_seed_decides_all(shrink: Shrink, tmp_path: Path) -> None:
    runs = {"one": 0, "same": 0, "other": 1}
    first, same, other = (
        sparring.train(shrink("dcgan", f"seed={seed}", steps=2), tmp_path / run).sample(2) for run, seed in runs.items()
    )
    assert torch.equal(first, same)
    assert not torch.allclose(first, other)


def test_a_finished_run_that_is_run_again_plays_no_step(shrink: Shrink, tmp_path: Path) -> None:
    recipe = shrink("dcgan")
    sparring.train(recipe, tmp_path)
    before = {path: path.read_bytes() for path in list_checkpoints(tmp_path / "checkpoints")}
    sparring.train(recipe, tmp_path, listeners=[Fuse(after=5)])
    assert {path: path.read_bytes() for path in list_checkpoints(tmp_path / "checkpoints")} == before


def test_a_finished_run_goes_on_when_its_recipe_asks_for_more(shrink: Shrink, tmp_path: Path) -> None:
    sparring.train(shrink("dcgan", steps=4), tmp_path / "grown")
    sparring.train(shrink("dcgan", steps=6), tmp_path / "grown", with_changes=True)
    sparring.train(shrink("dcgan", steps=6), tmp_path / "whole")
    assert_equal(last_checkpoint(tmp_path / "grown"), last_checkpoint(tmp_path / "whole"))


def test_training_leaves_the_callers_random_state_alone(shrink: Shrink, tmp_path: Path) -> None:
    before = torch.get_rng_state()
    sparring.train(shrink("gan"), tmp_path)
    assert torch.equal(torch.get_rng_state(), before)
