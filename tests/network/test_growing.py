"""What every growing network promises a game that lets it grow."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, interpolate

from sparring.layers.grids import plan_doublings
from sparring.network import Condition, Network, Shape
from sparring.network.growing import ProgressiveNetwork
from sparring.networks import ProgressiveDiscriminator, ProgressiveGenerator, StyleGANGenerator

GENERATORS: list[Network.Spec] = [
    ProgressiveGenerator.Spec(channel_base=64),
    StyleGANGenerator.Spec(channel_base=64, width=8, mapping_layers=2),
]
DISCRIMINATORS: list[Network.Spec] = [
    ProgressiveDiscriminator.Spec(channel_base=64),
    ProgressiveDiscriminator.Spec(channel_base=64, taps=(1, 3, 3, 1)),
]

every_network = pytest.mark.parametrize("spec", [*GENERATORS, DISCRIMINATORS[0]], ids=lambda spec: spec.kind())

Image = tuple[int, int, int]

STAGES: list[tuple[Image, Image, Image]] = [
    ((3, 4, 4), (3, 8, 8), (3, 16, 16)),
    ((1, 7, 15), (1, 14, 30), (1, 27, 60)),
    ((4, 5, 16), (4, 9, 31), (4, 18, 62)),
]

every_size = pytest.mark.parametrize("stages", STAGES, ids=["square", "odd", "RGBA"])


def built(spec: Network.Spec, image: Shape, condition: Condition = Condition()) -> ProgressiveNetwork:
    torch.manual_seed(0)
    makes = "Generator" in spec.kind()
    network = spec.build((6,), image, condition) if makes else spec.build(image, (1,), condition)
    assert isinstance(network, ProgressiveNetwork)
    return network


def taken_over(later: ProgressiveNetwork, earlier: ProgressiveNetwork) -> dict[str, Tensor]:
    """Returns what `later` has of `earlier`'s tensors, by name and shape, and puts it there."""
    wanted = later.state_dict()
    shared = {name: value for name, value in earlier.state_dict().items() if name in wanted}
    shared = {name: value for name, value in shared.items() if value.shape == wanted[name].shape}
    later.load_state_dict(shared, strict=False)
    return shared


@every_network
@every_size
def test_a_later_stage_has_all_that_the_earlier_one_has_but_the_lower_ends(
    spec: Network.Spec, stages: tuple[Image, ...]
) -> None:
    for small, large in pairwise(stages):
        earlier, later = built(spec, small), built(spec, large)
        lost = earlier.state_dict().keys() - taken_over(later, earlier).keys()
        newest = len(plan_doublings((small[1], small[2]))) - 1
        ends = [name for name in earlier.state_dict() if "_image." in name]
        assert lost == {name for name in ends if name.split(".")[1] != str(newest)}


@every_network
def test_blend_is_saved_and_no_parameter(spec: Network.Spec) -> None:
    network = built(spec, (3, 8, 8))
    assert network.alpha.shape == ()
    assert network.alpha == 1
    assert "alpha" in network.state_dict()
    assert "alpha" not in dict(network.named_parameters())


@pytest.mark.parametrize("spec", GENERATORS, ids=lambda spec: spec.kind())
@every_size
def test_a_generator_that_begins_to_grow_makes_the_same_images_of_twice_the_size(
    spec: Network.Spec, stages: tuple[Image, ...]
) -> None:
    for small, large in pairwise(stages):
        earlier, later = built(spec, small).eval(), built(spec, large).eval()
        taken_over(later, earlier)
        later.alpha.fill_(0)
        latents = torch.randn(3, 6)
        whole = interpolate(earlier(latents), large[1:])
        assert torch.equal(later(latents), whole)
        later.alpha.fill_(1)
        assert not torch.equal(later(latents), whole)


@pytest.mark.parametrize("spec", DISCRIMINATORS, ids=["box", "cubic"])
@pytest.mark.parametrize("classes", [0, 3])
@every_size
def test_a_discriminator_that_begins_to_grow_gives_the_scores_of_images_of_half_the_size(
    spec: Network.Spec, classes: int, stages: tuple[Image, ...]
) -> None:
    for small, large in pairwise(stages):
        earlier, later = (built(spec, image, Condition(classes)) for image in (small, large))
        taken_over(later, earlier)
        later.alpha.fill_(0)
        images, classes_of_images = torch.randn(4, *large), torch.tensor([0, 1, 2, 0]) if classes else None
        half = adaptive_avg_pool2d(images, small[1:])
        assert torch.equal(later(images, classes_of_images), earlier(half, classes_of_images))


@every_network
def test_half_blended_in_all_layers_learn(spec: Network.Spec) -> None:
    network = built(spec, (3, 16, 16))
    shape = (6,) if "Generator" in spec.kind() else (3, 16, 16)
    for alpha, idle in ((0.5, False), (1.0, True)):
        network.alpha.fill_(alpha)
        network.zero_grad()
        network(torch.randn(4, *shape)).square().sum().backward()
        lower = [p.grad for name, p in network.named_parameters() if "_image.1" in name]
        assert lower
        assert all(grad is not None and (not grad.any()) is idle for grad in lower)


@every_network
def test_a_network_of_the_base_alone_does_not_look_at_blend(spec: Network.Spec) -> None:
    network = built(spec, (3, 4, 4)).eval()
    given = torch.randn(4, *((6,) if "Generator" in spec.kind() else (3, 4, 4)))
    before = network(given)
    network.alpha.fill_(0)
    assert torch.equal(network(given), before)
