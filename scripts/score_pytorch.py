#!/usr/bin/env python3
"""How far is a network that was trained elsewhere from its global optimum?

    python3 scripts/score_pytorch.py                           # writes instance.json and weights.json, says what to do next
    cargo optgap score instance.json weights.json

Trains f(x) = sum_j a_j relu(w_j . x + b_j) in PyTorch, or in NumPy where torch is not installed. What your own code needs is
between the two marks: one file for the data, one for the weights. Numbers are written with all their digits, because optgap
scores exactly the weights in the file. Options: --folder DIR, --width K, --seed N.
"""

import argparse
import json
import pathlib

import numpy as np


def train_with_torch(x, y, width, seed):
    """The weights w (width x d), b (width), a (width) after Adam in double precision."""
    import torch

    torch.manual_seed(seed)
    torch.set_default_dtype(torch.float64)
    hidden, output = torch.nn.Linear(x.shape[1], width), torch.nn.Linear(width, 1, bias=False)
    optimiser = torch.optim.Adam([*hidden.parameters(), *output.parameters()], lr=0.01)
    inputs, labels = torch.tensor(x), torch.tensor(y)
    for _ in range(5000):
        optimiser.zero_grad()
        ((output(torch.relu(hidden(inputs)))[:, 0] - labels) ** 2).mean().backward()
        optimiser.step()
    return [part.detach().numpy() for part in (hidden.weight, hidden.bias, output.weight[0])]


def train_with_numpy(x, y, width, seed):
    """The same by plain gradient descent."""
    random = np.random.default_rng(seed)
    w, b, a = random.normal(size=(width, x.shape[1])), np.zeros(width), random.normal(size=width)
    for _ in range(20000):
        active = np.maximum(x @ w.T + b, 0)
        error = 2 * (active @ a - y) / len(y)
        back = np.outer(error, a) * (active > 0)
        a, w, b = a - 0.02 * (error @ active), w - 0.02 * (back.T @ x), b - 0.02 * back.sum(axis=0)
    return w, b, a


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("."), help="where the two files go")
    arguments.add_argument("--width", type=int, default=2, help="hidden units")
    arguments.add_argument("--seed", type=int, default=1, help="seed of the data and of the start")
    chosen = arguments.parse_args()

    random = np.random.default_rng(chosen.seed)
    x = random.normal(size=(40, 2))
    y = np.abs(x[:, 0]) + 0.1 * random.normal(size=40)
    try:
        w, b, a = train_with_torch(x, y, chosen.width, chosen.seed)
    except ImportError:
        w, b, a = train_with_numpy(x, y, chosen.width, chosen.seed)

    # --- what your own code needs ---------------------------------------------------------------------------------------
    network = {"kind": "dense", "width": chosen.width, "hidden_bias": True, "output_bias": False, "train_output": True}
    instance = {"format": "optgap-instance/1", "name": "from-python", "network": network, "x": x.tolist(), "y": y.tolist()}
    weights = {"hidden": w.tolist(), "hidden_bias": b.tolist(), "output": a.tolist(), "output_bias": 0.0}
    for name, content in [("instance.json", instance), ("weights.json", weights)]:
        (chosen.folder / name).write_text(json.dumps(content, allow_nan=False))
    # ----------------------------------------------------------------------------------------------------------------------

    loss = np.mean((np.maximum(x @ w.T + b, 0) @ a - y) ** 2)
    print(f"trained to a mean squared error of {loss:.6e}; now ask how far that is from the optimum:")
    print(f"cargo optgap score {chosen.folder / 'instance.json'} {chosen.folder / 'weights.json'}")


if __name__ == "__main__":
    main()
