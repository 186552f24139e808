"""What the recipes of all test models share."""

import math
import os

import torch
from torch import nn


def sinusoids(length, width, first=0):
    """Of the positions from `first` on: all sines, then all cosines."""
    speeds = torch.exp(-math.log(10000) / (width // 2 - 1) * torch.arange(width // 2))
    angles = torch.arange(first, first + length)[:, None] * speeds[None]
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def attention_loss(scores, table, rows):
    """Cross entropy of the heads' attention with where it should be, over the rows that have a place."""
    loss = -(table[:, None] * scores.log_softmax(dim=-1)).sum(dim=-1).mean(dim=1)
    return (loss * rows).sum() / rows.sum().clamp(min=1)


class Optimizer:
    """The matrices inside the network take steps of equal length in all directions (Muon: the momentum, made
    orthogonal); all else is Adam's. This learns to tell the words in a fifth of the steps that Adam alone takes."""

    def __init__(self, task):
        self.matrices = [value for name, value in task.model.named_parameters()
                         if value.dim() >= 2 and "embedding" not in name]
        inside = {id(value) for value in self.matrices}
        self.all = task.parameters()
        self.momenta = [torch.zeros_like(value) for value in self.matrices]
        self.adam = torch.optim.AdamW([value for value in self.all if id(value) not in inside], lr=0,
                                      betas=(0.9, 0.98), weight_decay=0.01)

    @staticmethod
    def orthogonal(x):
        """With singular values near 1: each goes five times through a polynomial that takes (0, 1] there."""
        x = x / (x.norm() + 1e-9)
        for _ in range(5):
            square = x @ x.T
            x = 3.4 * x + (2.0 * square @ square - 4.7 * square) @ x
        return x

    @torch.no_grad()
    def step(self, rate):
        """`rate` is 1 at most. Whether the gradients were finite: else nothing is done."""
        norm = nn.utils.clip_grad_norm_(self.all, 1.0)
        if not norm.isfinite():
            return False
        for value, momentum in zip(self.matrices, self.momenta):
            if value.grad is None:
                continue
            momentum.mul_(0.95).add_(value.grad, alpha=0.05)
            ahead = (0.95 * momentum + 0.05 * value.grad).flatten(1)
            rows, columns = ahead.shape
            step = self.orthogonal(ahead) if rows <= columns else self.orthogonal(ahead.T).T
            if not step.isfinite().all():
                continue
            length = 0.01 * rate * max(1, rows / columns) ** 0.5
            value.mul_(1 - 2e-4 * rate).add_(step.reshape(value.shape), alpha=-length)
        self.adam.param_groups[0]["lr"] = 2e-3 * rate
        self.adam.step()
        return True

    def zero_grad(self):
        for value in self.all:
            value.grad = None

    def state_dict(self):
        return {"adam": self.adam.state_dict(), "momenta": self.momenta}

    def load_state_dict(self, state):
        self.adam.load_state_dict(state["adam"])
        self.momenta = state["momenta"]


def write_state(path, **parts):
    """All of it or nothing."""
    torch.save(parts, f"{path}.new")
    os.replace(f"{path}.new", path)
