"""Muon for the layers' matrices, Adam for everything else, and a moving average of the weights.

Muon makes each update of a matrix orthogonal. On this model it needs about half of Adam's steps.
"""

import torch

MUON_SCALE = 0.8
ADAM_SCALE = 0.2  # of the learning rate
LARGEST_NORM = 2.0
AVERAGE = 0.997


def orthogonal(matrices):
    """The nearest orthogonal matrices [n, rows, columns], by five Newton-Schulz steps."""
    x = matrices.bfloat16()
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        square = x @ x.mT
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return (x.mT if tall else x).float()


class Optimiser:
    """Holds its state as tensors by parameter name, so that a run can go on later."""

    def __init__(self, model):
        self.parameters = dict(model.named_parameters())
        self.matrices = [
            name
            for name, weight in self.parameters.items()
            if weight.ndim >= 2 and ("blocks." in name or "conv2" in name)
        ]
        self.others = [name for name in self.parameters if name not in self.matrices]
        zeros = {name: torch.zeros_like(weight) for name, weight in self.parameters.items()}
        self.step = 0
        self.first = zeros  # Muon's momentum or Adam's first moment
        self.second = {name: torch.zeros_like(self.parameters[name]) for name in self.others}
        self.average = {name: weight.detach().clone() for name, weight in self.parameters.items()}

    def state(self):
        """Everything that `restore` needs."""
        return dict(step=self.step, first=self.first, second=self.second, average=self.average)

    def restore(self, state):
        """Goes on from a saved state."""
        self.step, self.first = state["step"], state["first"]
        self.second, self.average = state["second"], state["average"]

    @torch.no_grad()
    def update(self, rate):
        """One step along the gradients, which are then cleared."""
        self.step += 1
        self._update_matrices(rate * MUON_SCALE, decay=rate * 0.05)
        self._update_others(rate * ADAM_SCALE)
        keep = min(AVERAGE, (self.step + 1) / (self.step + 20))
        for name, weight in self.parameters.items():
            weight.grad = None
            self.average[name].lerp_(weight, 1 - keep)

    def _update_matrices(self, rate, decay):
        shapes = {}
        for name in self.matrices:
            gradient = self.parameters[name].grad
            if gradient is None:
                continue
            momentum = self.first[name].lerp_(gradient, 0.05)
            ahead = torch.lerp(gradient, momentum, 0.95).flatten(1)
            shapes.setdefault(tuple(ahead.shape), []).append((name, ahead))
        for (rows, columns), members in shapes.items():
            updates = orthogonal(torch.stack([update for _, update in members]))
            for (name, _), update in zip(members, updates):
                weight = self.parameters[name]
                weight.mul_(1 - decay)
                weight.sub_(update.view_as(weight), alpha=rate * max(1, rows / columns) ** 0.5)

    def _update_others(self, rate):
        gradients = {name: self.parameters[name].grad for name in self.others}
        gradients = {name: gradient for name, gradient in gradients.items() if gradient is not None}
        norm = torch.stack([gradient.norm() for gradient in gradients.values()]).norm()
        scale = (LARGEST_NORM / (norm + 1e-6)).clamp_max(1)
        for name, gradient in gradients.items():
            weight, gradient = self.parameters[name], gradient * scale
            first = self.first[name].lerp_(gradient, 0.1)
            second = self.second[name].lerp_(gradient.square(), 0.02)
            spread = (second / (1 - 0.98**self.step)).sqrt_().add_(1e-8)
            weight.addcdiv_(first, spread, value=-rate / (1 - 0.9**self.step))
            if weight.ndim > 1 and "positional" not in name:
                weight.mul_(1 - rate * 0.02)
