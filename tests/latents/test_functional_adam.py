"""Adam whose whole state is tensors."""

import torch

from sparring.latents.functional_adam import Descent


def test_a_restored_descent_goes_on_bit_by_bit() -> None:
    def begin() -> Descent:
        return Descent({"a": torch.ones(3, requires_grad=True), "unused": torch.ones(1, requires_grad=True)})

    def go(descent: Descent, count: int) -> None:
        for _ in range(count):
            descent.move((descent.variables["a"] - torch.arange(3)).pow(4).sum(), 0.1)

    whole, first, second = begin(), begin(), begin()
    go(whole, 7)
    go(first, 3)
    second.restore(first.state())
    go(second, 4)
    assert second.steps == 7
    assert torch.equal(whole.variables["a"], second.variables["a"])
    assert torch.equal(second.variables["unused"], torch.ones(1))


def test_the_first_step_of_adam_has_the_length_of_the_learning_rate() -> None:
    descent = Descent({"a": torch.tensor([5.0], requires_grad=True)})
    descent.move(descent.variables["a"].sum() * 123, 0.25)
    torch.testing.assert_close(descent.variables["a"].detach(), torch.tensor([4.75]))
