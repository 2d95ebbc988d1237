"""A stack of linear layers with leaky ReLU between them as one operation, with its input gradient at a third less work.

Between its kinks such a network is linear: ∇D(x) = W₁ᵀ A₁ W₂ᵀ … W_Lᵀ, A being the slopes of the activations, and
the derivative of ∇D by the weights needs no second derivative of an activation. A pass up (activations h), a pass
down (v = ∂D/∂z) and, for a loss of both scores and gradients, one more pass up (t, the propagated cotangent of ∇D)
give all derivatives: ∂/∂W_l = v_lᵀ (c ⊙ h_{l-1} + t_{l-1}), c being the loss's derivative by the scores. Automatic
differentiation needs two more passes and some hundred small operations for the same numbers.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import leaky_relu, linear

LayerParameters = Sequence[Tensor]
"""The weight [out, in] and the bias [out] of each layer in turn."""


def reference(inputs: Tensor, slope: float, weights: LayerParameters) -> Tensor:
    """Returns the outputs [N, out] of the stack for `inputs` [N, in], by PyTorch's own differentiable operations."""
    layers = list(zip(weights[::2], weights[1::2], strict=True))
    for weight, bias in layers[:-1]:
        inputs = leaky_relu(linear(inputs, weight, bias), slope)
    return linear(inputs, *layers[-1])


def perceptron(inputs: Tensor, slope: float, weights: LayerParameters) -> Tensor:
    """Returns the same as `reference`, differentiable any number of times; only the first derivative is fast."""
    outputs: Tensor = _Perceptron.apply(inputs, slope, *weights)  # type: ignore[no-untyped-call]
    return outputs


def perceptron_with_gradient(inputs: Tensor, slope: float, weights: LayerParameters) -> tuple[Tensor, Tensor]:
    """Returns scores [N, 1] and their gradients by the inputs [N, in], both differentiable by weights and inputs."""
    scores, gradients = _PerceptronWithGradient.apply(inputs, slope, *weights)  # type: ignore[no-untyped-call]
    return scores, gradients


def _up(inputs: Tensor, slope: float, weights: LayerParameters) -> list[Tensor]:
    """Returns the inputs of every layer, then the outputs."""
    passed = [inputs]
    for weight, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        passed.append(torch.nn.functional.leaky_relu_(torch.addmm(bias, passed[-1], weight.t()), slope))
    passed.append(torch.addmm(weights[-1], passed[-1], weights[-2].t()))
    return passed


def _down(gradient: Tensor, passed: Sequence[Tensor], slope: float, weights: LayerParameters) -> list[Tensor]:
    """Returns the gradients by every layer's outputs before its activation, first layer first."""
    gradients = [gradient]
    for weight, activations in zip(reversed(weights[2::2]), reversed(passed[1:-1]), strict=True):
        below = gradients[-1] @ weight
        gradients.append(torch.ops.aten.leaky_relu_backward(below, activations, slope, True))
    return gradients[::-1]


class _Perceptron(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, slope: float, *weights: Tensor) -> Tensor:
        passed = _up(inputs, slope, weights)
        ctx.slope, ctx.count = slope, len(weights)
        ctx.save_for_backward(*weights, *passed[:-1])
        return passed[-1]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        weights, passed = ctx.saved_tensors[: ctx.count], ctx.saved_tensors[ctx.count :]
        if torch.is_grad_enabled():
            return _differentiate(ctx, lambda x, w: (reference(x, ctx.slope, w),), (gradient,), passed[0], weights)
        downs = _down(gradient, [*passed, gradient], ctx.slope, weights)
        by_inputs = downs[0] @ weights[0] if ctx.needs_input_grad[0] else None
        by_weights: list[Tensor | None] = []
        for index, (down, below) in enumerate(zip(downs, passed, strict=True)):
            needs_weight, needs_bias = ctx.needs_input_grad[2 + 2 * index : 4 + 2 * index]
            by_weights += [down.t() @ below if needs_weight else None, down.sum(0) if needs_bias else None]
        return (by_inputs, None, *by_weights)


class _PerceptronWithGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, slope: float, *weights: Tensor) -> tuple[Tensor, Tensor]:
        passed = _up(inputs, slope, weights)
        downs = _down(torch.ones_like(passed[-1]), passed, slope, weights)
        gradients = downs[0] @ weights[0]
        ctx.slope, ctx.count = slope, len(weights)
        ctx.save_for_backward(*weights, *passed[:-1], *downs, gradients)
        return passed[-1], gradients

    @staticmethod
    def backward(ctx: Any, by_scores: Tensor, by_gradients: Tensor) -> tuple[Tensor | None, ...]:
        weights, rest = ctx.saved_tensors[: ctx.count], ctx.saved_tensors[ctx.count : -1]
        passed, downs = rest[: ctx.count // 2], rest[ctx.count // 2 :]
        if torch.is_grad_enabled():
            cotangents = (by_scores, by_gradients)
            return _differentiate(
                ctx, lambda x, w: _reference_with_gradient(x, ctx.slope, w), cotangents, passed[0], weights
            )
        by_inputs = ctx.saved_tensors[-1] * by_scores if ctx.needs_input_grad[0] else None
        by_weights: list[Tensor | None] = []
        carried = by_gradients
        for index, (down, below) in enumerate(zip(downs, passed, strict=True)):
            if index:
                above = carried @ weights[2 * index - 2].t()
                carried = torch.ops.aten.leaky_relu_backward(above, below, ctx.slope, True)
            needs_weight, needs_bias = ctx.needs_input_grad[2 + 2 * index : 4 + 2 * index]
            total = torch.addcmul(carried, below, by_scores)
            by_bias = by_scores.t().mm(down)[0] if needs_bias else None
            by_weights += [down.t() @ total if needs_weight else None, by_bias]
        return (by_inputs, None, *by_weights)


def _reference_with_gradient(inputs: Tensor, slope: float, weights: LayerParameters) -> tuple[Tensor, Tensor]:
    scores = reference(inputs, slope, weights)
    (gradients,) = torch.autograd.grad(scores.sum(), inputs, create_graph=True)
    return scores, gradients


def _differentiate(
    ctx: Any, function: Any, cotangents: Sequence[Tensor], inputs: Tensor, weights: LayerParameters
) -> tuple[Tensor | None, ...]:
    """Returns the gradients as differentiable functions of everything, for derivatives of higher order."""
    needs = ctx.needs_input_grad
    inputs = inputs if inputs.requires_grad else inputs.detach().requires_grad_()
    variables = [one for one, needed in zip((inputs, *weights), (needs[0], *needs[2:]), strict=True) if needed]
    gradients = iter(
        torch.autograd.grad(
            function(inputs, weights),
            variables,
            cotangents,
            create_graph=True,
            allow_unused=True,
            materialize_grads=True,
        )
    )
    return tuple(next(gradients) if needed else None for needed in needs)
