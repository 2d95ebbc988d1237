"""The contract of every network, over shapes of every kind."""

import re

import pytest
import torch

import sparring.recipes  # noqa: F401 (defines every member)
from sparring.errors import ShapeError
from sparring.network import Condition, Network, Shape
from sparring.network.growing import ProgressiveNetwork

NETWORKS = {
    name: member
    for name, member in sorted(Network.Spec.members.items())
    if issubclass(member, Network.Spec) and member.__module__.startswith("sparring.")
}

IMAGES: list[Shape] = [
    (1, 28, 28), (3, 33, 47), (3, 16, 128), (1, 4, 4), (5, 1, 9), (3, 3, 3), (1, 1, 1), (2, 5, 5), (4, 64, 7),
]  # fmt: skip

SMALL = {"width": 4, "channel_base": 64, "condition_width": 4}
"""Fields that make a network small."""

TINY = 24
"""Images with a shorter side may be too small for a network, whatever it maps."""

every_network = pytest.mark.parametrize("kind", NETWORKS)


def small(kind: str) -> Network.Spec:
    member = NETWORKS[kind]
    spec = member.read({name: value for name, value in SMALL.items() if name in member.model_fields})
    assert isinstance(spec, Network.Spec)
    return spec


def build(kind: str, inputs: Shape, outputs: Shape, classes: int = 0) -> Network | None:
    """Returns the network, half of its newest level faded in, or None where it says that it cannot map these shapes."""
    torch.manual_seed(0)
    try:
        network = small(kind).build(inputs, outputs, Condition(classes))
    except ShapeError:
        return None
    if isinstance(network, ProgressiveNetwork):
        network.alpha.fill_(0.5)
    return network


def mapped(kind: str) -> list[tuple[Shape, Shape]]:
    """Returns pairs of shapes, one of each sort, that the network maps."""
    vector, image, larger = (6,), (2, 8, 8), (2, TINY, TINY)
    pairs: list[tuple[Shape, Shape]] = [(vector, image), (image, (1,)), (vector, (3,)), (image, (3, 8, 8))]
    pairs += [(vector, vector), (image, image), (larger, (1,))]
    return [pair for pair in pairs if build(kind, *pair) is not None]


def fits(found: torch.Tensor, count: int, outputs: Shape) -> bool:
    """Whether these are `count` outputs: images exactly, vectors for each sample or (PatchGAN) at places of each."""
    whole = (count, *outputs)
    return found.shape == whole or (len(outputs) == 1 and found.dim() == 4 and found.shape[:2] == whole)


@every_network
def test_a_network_survives_yaml(kind: str) -> None:
    assert type(small(kind)).from_yaml(small(kind).to_yaml()) == small(kind)


@every_network
def test_a_network_is_built_by_its_own_spec(kind: str) -> None:
    assert NETWORKS[kind].kind() == kind
    inputs, outputs = mapped(kind)[0]
    assert type(build(kind, inputs, outputs)).__name__ == kind


@every_network
@pytest.mark.parametrize("image", IMAGES, ids=lambda image: "x".join(map(str, image)))
def test_a_network_returns_the_requested_shape_or_refuses_it(kind: str, image: Shape) -> None:
    built = 0
    for inputs, outputs in (((6,), image), (image, (1,)), (image, image), ((6,), (2,))):
        network = build(kind, inputs, outputs)
        if network is not None:
            built += 1
            found = network(torch.randn(2, *inputs))
            assert fits(found, 2, outputs)
            assert found.isfinite().all()
            shown = network.eval()(torch.randn(1, *inputs))
            assert fits(shown, 1, outputs)
            assert len(outputs) != 3 or shown.abs().max() <= 1
            assert fits(network(torch.randn(0, *inputs)), 0, outputs)
    assert built or min(image[1:]) < TINY, f"{kind} maps nothing of {image}"


@every_network
def test_a_refused_mapping_is_named_with_both_shapes(kind: str) -> None:
    for inputs, outputs in (((6,), (2,)), ((2, 8, 8), (2, 8, 8)), ((2, 8, 8), (1,)), ((6,), (2, 8, 8))):
        if build(kind, inputs, outputs) is None:
            with pytest.raises(ShapeError, match=f"{kind}.*{re.escape(str(inputs))} to {re.escape(str(outputs))}"):
                small(kind).build(inputs, outputs)


@every_network
def test_every_weight_of_a_network_gets_a_gradient(kind: str) -> None:
    for inputs, outputs in mapped(kind):
        for classes in (0, 3):
            network = build(kind, inputs, outputs, classes)
            assert network is not None
            random = torch.Generator().manual_seed(1)
            labels = torch.tensor([0, 1, 2, 0]) if classes else None
            found = network(torch.randn(4, *inputs, generator=random), labels)
            (found * torch.randn(found.shape, generator=random)).sum().backward()
            without = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
            assert not without


@every_network
def test_the_outputs_of_a_conditional_network_depend_on_its_condition(kind: str) -> None:
    for inputs, outputs in mapped(kind):
        network = build(kind, inputs, outputs, classes=3)
        assert network is not None
        given = torch.randn(2, *inputs)
        one, other = network(given, torch.tensor([0, 1])), network(given, torch.tensor([0, 2]))
        assert fits(one, 2, outputs)
        assert not torch.equal(one[1], other[1])


@every_network
def test_a_condition_is_neither_missed_nor_ignored(kind: str) -> None:
    for inputs, outputs in mapped(kind):
        conditional, unconditional = build(kind, inputs, outputs, classes=3), build(kind, inputs, outputs)
        assert conditional is not None
        assert unconditional is not None
        with pytest.raises(ShapeError, match="needs a condition"):
            conditional(torch.randn(2, *inputs))
        with pytest.raises(ShapeError, match="unconditional"):
            unconditional(torch.randn(2, *inputs), torch.tensor([0, 1]))
