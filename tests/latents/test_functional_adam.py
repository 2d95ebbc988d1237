"""Adam with a state of tensors."""

import torch

from sparring.latents.functional_adam import FunctionalAdam


def test_a_restored_adam_continues_exactly() -> None:
    def begin() -> FunctionalAdam:
        return FunctionalAdam({"a": torch.ones(3, requires_grad=True), "unused": torch.ones(1, requires_grad=True)})

    def go(adam: FunctionalAdam, count: int) -> None:
        for _ in range(count):
            adam.step((adam.variables["a"] - torch.arange(3)).pow(4).sum(), 0.1)

    whole, first, second = begin(), begin(), begin()
    go(whole, 7)
    go(first, 3)
    second.restore(first.state())
    go(second, 4)
    assert second.steps == 7
    assert torch.equal(whole.variables["a"], second.variables["a"])
    assert torch.equal(second.variables["unused"], torch.ones(1))


def test_the_first_step_of_adam_has_the_length_of_the_learning_rate() -> None:
    adam = FunctionalAdam({"a": torch.tensor([5.0], requires_grad=True)})
    adam.step(adam.variables["a"].sum() * 123, 0.25)
    torch.testing.assert_close(adam.variables["a"].detach(), torch.tensor([4.75]))
