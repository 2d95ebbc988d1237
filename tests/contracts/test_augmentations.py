"""What every augmentation promises."""

import pytest
import torch
from torch import Tensor

import sparring.recipes  # noqa: F401 (defines every member)
from sparring.adversary import Augmentation
from sparring.errors import ShapeError
from sparring.network import Shape

AUGMENTATIONS = [
    member() for _, member in sorted(Augmentation.members.items()) if member.__module__.startswith("sparring.")
]

SHAPES: list[Shape] = [(3, 8, 8), (1, 5, 7), (2, 1, 9), (4, 3, 1), (1, 1, 1), (6,)]

every_augmentation = pytest.mark.parametrize("augmentation", AUGMENTATIONS, ids=str)


def fits(augmentation: Augmentation, shape: Shape) -> bool:
    try:
        augmentation.check(shape)
    except ShapeError:
        return False
    return True


def samples(shape: Shape, count: int = 4) -> Tensor:
    random = torch.Generator().manual_seed(0)
    return torch.rand(count, *shape, generator=random, dtype=torch.float64) * 2 - 1


def augment(augmentation: Augmentation, inputs: Tensor, seed: int = 1, images: int = 0) -> Tensor:
    """Returns `inputs` augmented after updates in which all of some 400,000 real samples scored above zero."""
    memory = augmentation.memory()
    for step in range(5):
        augmentation.update(memory, torch.ones(100_000, 1), step)
    return augmentation.recall(memory, inputs, torch.Generator().manual_seed(seed), images)


@every_augmentation
def test_an_augmentation_survives_yaml(augmentation: Augmentation) -> None:
    assert type(augmentation).from_yaml(augmentation.to_yaml()) == augmentation


@every_augmentation
def test_images_are_transformed_and_vectors_too_or_refused(augmentation: Augmentation) -> None:
    assert fits(augmentation, (3, 8, 8))
    if not fits(augmentation, (6,)):
        with pytest.raises(ShapeError, match=rf"{augmentation.kind()} transforms images \(C, H, W\).*\(6,\)"):
            augmentation.check((6,))


@every_augmentation
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)))
def test_shape_and_type_stay_and_what_came_is_not_changed(augmentation: Augmentation, shape: Shape) -> None:
    if fits(augmentation, shape):
        for dtype in (torch.float64, torch.float32, torch.bfloat16):
            for count in (0, 1, 4):
                inputs = samples(shape, count).to(dtype)
                outputs = augment(augmentation, inputs)
                assert outputs.shape == inputs.shape
                assert outputs.dtype == dtype
                assert torch.equal(inputs, samples(shape, count).to(dtype))


@every_augmentation
def test_what_is_sampled_follows_the_seed_alone(augmentation: Augmentation) -> None:
    inputs, before = samples((3, 8, 8), 16), torch.get_rng_state()
    assert torch.equal(augment(augmentation, inputs, 1), augment(augmentation, inputs, 1))
    assert torch.equal(torch.get_rng_state(), before)


@every_augmentation
def test_an_augmentation_does_something(augmentation: Augmentation) -> None:
    inputs = 2 * samples((4, 8, 8), 16)  # with opacity, and values beyond both ends
    assert not torch.equal(augment(augmentation, inputs), inputs)


@every_augmentation
def test_samples_do_not_see_each_other(augmentation: Augmentation) -> None:
    inputs = samples((3, 8, 8), 4)
    other = inputs.clone()
    other[1] = 0
    assert torch.equal(augment(augmentation, inputs)[[0, 2, 3]], augment(augmentation, other)[[0, 2, 3]])


@every_augmentation
def test_gradients_of_first_and_second_order_match_finite_differences(augmentation: Augmentation) -> None:
    inputs = samples((1, 5, 4), 2).requires_grad_()

    def curved(values: Tensor) -> Tensor:
        return augment(augmentation, values).pow(3)

    assert torch.autograd.gradcheck(curved, (inputs,))
    assert torch.autograd.gradgradcheck(curved, (inputs,))
