"""Codes: their distribution, the information bound of a recognizer, and traversals."""

from math import log, pi

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, gaussian_nll_loss, softplus

from sparring.errors import SpecError
from sparring.latents import Categorical, Code, Continuous

CODES = [Categorical(size=4), Categorical(size=3, scale=5.0), Continuous(size=3), Continuous(size=2, deviation=0.5)]

every_code = pytest.mark.parametrize("code", CODES, ids=str)


def random(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def sample(code: Code, count: int = 5) -> tuple[Tensor, Tensor]:
    """Returns codes and random outputs of a recognizer."""
    return code.draw(count, random()), torch.randn(count, code.outputs, generator=random(1))


@every_code
def test_a_code_survives_yaml(code: Code) -> None:
    assert type(code).from_yaml(code.to_yaml()) == code


@every_code
def test_codes_have_their_shape_and_depend_on_the_generator_alone(code: Code) -> None:
    before = torch.get_rng_state()
    assert code.draw(5, random()).shape == (5, code.size)
    assert code.draw(0, random()).shape == (0, code.size)
    assert torch.equal(code.draw(5, random()), code.draw(5, random()))
    assert torch.equal(torch.get_rng_state(), before)


@every_code
def test_likelihood_and_expectation_have_their_shapes_and_gradients(code: Code) -> None:
    codes, outputs = sample(code)
    outputs.requires_grad_()
    assert code.expect(outputs).shape == (5, code.size)
    likelihood = code.log_likelihood(codes, outputs)
    assert likelihood.shape == (5,)
    (gradient,) = torch.autograd.grad(likelihood.sum(), outputs)
    assert gradient.isfinite().all()
    assert gradient.any(0).all()


@every_code
def test_constant_outputs_carry_no_information(code: Code) -> None:
    codes, constant = code.draw(20_000, random()), torch.zeros(20_000, code.outputs)
    assert code.information(codes, constant).item() <= 0.01


def test_the_likelihood_of_a_category_is_minus_its_cross_entropy() -> None:
    code = Categorical(size=4)
    codes, outputs = sample(code)
    torch.testing.assert_close(-code.log_likelihood(codes, outputs).mean(), cross_entropy(outputs, codes.argmax(1)))
    torch.testing.assert_close(code.expect(outputs), outputs.exp() / outputs.exp().sum(1, keepdim=True))


def test_knowing_the_category_for_sure_is_worth_its_entropy() -> None:
    code = Categorical(size=8)
    codes = code.draw(100, random())
    assert code.information(codes, 100 * codes).item() == pytest.approx(log(8))
    assert code.information(codes, torch.zeros(100, 8)).item() == pytest.approx(0, abs=1e-6)


def test_the_scale_of_a_category_changes_the_generators_input_and_no_nats() -> None:
    plain, large = Categorical(size=4), Categorical(size=4, scale=5.0)
    codes, outputs = sample(plain)
    assert torch.equal(large.draw(5, random()), 5 * codes)
    torch.testing.assert_close(large.log_likelihood(5 * codes, outputs), plain.log_likelihood(codes, outputs))
    torch.testing.assert_close(large.expect(outputs), 5 * plain.expect(outputs))
    assert torch.equal(large.traverse(codes, 7)[0], 5 * torch.eye(4).expand(5, 4, 4))


def test_categories_are_uniform_and_one_hot() -> None:
    codes = Categorical(size=4).draw(4000, random())
    assert torch.equal(codes.sum(1), torch.ones(4000))
    assert codes.sum(0).min() > 900


def test_the_likelihood_of_a_number_is_that_of_a_gaussian() -> None:
    for code, deviation in ((Continuous(size=2, deviation=0.5), torch.tensor(0.5)), (Continuous(size=2), None)):
        codes, outputs = sample(code)
        deviations = softplus(outputs[:, 2:]) + 1e-3 if deviation is None else deviation.expand(5, 2)
        nats = gaussian_nll_loss(outputs[:, :2], codes, deviations.square(), full=True, reduction="none").sum(1)
        torch.testing.assert_close(code.log_likelihood(codes, outputs), -nats)
        assert torch.equal(code.expect(outputs), outputs[:, :2])


def test_with_a_fixed_deviation_the_bound_has_the_ceiling_that_its_docstring_names() -> None:
    code = Continuous(size=1, deviation=1.0)
    codes = code.draw(10, random())
    assert code.information(codes, codes).item() == pytest.approx(log(2) - log(2 * pi) / 2)


def test_the_bound_of_a_noisy_channel_is_its_information() -> None:
    """The best Gaussian for c + ε of a uniform c earns almost h(c) - h(ε) where ε is small against c."""
    code, noise = Continuous(size=1), 0.05
    codes = code.draw(20_000, random())
    mean = codes + noise * torch.randn(codes.shape, generator=random(1))
    raw = torch.full_like(mean, torch.tensor(noise - 1e-3).expm1().log().item())
    bound = code.information(codes, torch.cat((mean, raw), 1)).item()
    assert bound == pytest.approx(log(2) - log(noise * (2 * pi) ** 0.5) - 0.5, abs=0.02)


def test_a_category_is_moved_through_all_of_them() -> None:
    codes, _ = sample(Categorical(size=4))
    (path,) = Categorical(size=4).traverse(codes, steps=7)
    assert torch.equal(path, torch.eye(4).expand(5, 4, 4))


def test_each_number_is_moved_alone_from_end_to_end() -> None:
    code = Continuous(size=3)
    codes, _ = sample(code)
    paths = code.traverse(codes, steps=7)
    assert len(paths) == 3
    for number, path in enumerate(paths):
        assert torch.equal(path[:, :, number], torch.linspace(-1, 1, 7).expand(5, 7))
        others = [index for index in range(3) if index != number]
        assert torch.equal(path[:, :, others], codes[:, None, others].expand(5, 7, 2))


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"kind": "Categorical", "size": 0}, "size: got 0"),
        ({"kind": "Continuous", "deviation": 0}, "deviation: got 0"),
        ({"kind": "Continuous", "weight": -1}, "weight: got -1"),
    ],
)
def test_an_impossible_code_is_refused(tree: dict[str, object], message: str) -> None:
    member = Code.members[str(tree["kind"])]
    with pytest.raises(SpecError, match=message):
        member.read(tree)
