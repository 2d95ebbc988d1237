"""Imitation from four trajectories: GAIL, behaviour cloning, and the effect of the reward's form alone.

    python benchmarks/imitation.py            (three seeds of two tasks: about twenty minutes on a core)
    python benchmarks/imitation.py --seeds 1

Ho & Ermon 2016 train on few, subsampled trajectories. The table shows the mean return over 100 episodes, its place
between chance (0 %) and the expert (100 %), and how often the learner takes the expert's action in the states that the
learner visits. `GAIL, untrained D` has a discriminator that never learns: its return is due to the sign of the rewards
and not to the demonstrations (Kostrikov et al. 2019).
"""

import argparse
import io
import statistics
import tempfile
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import cross_entropy

import sparring
from sparring.data import Environment, open_environment
from sparring.data.catalog.demonstrations import Demonstrations, known_expert
from sparring.data.catalog.environments import Actor
from sparring.networks import MLP
from sparring.recipes import Recipe

_EPISODES = 100


@dataclass(frozen=True)
class Performance:
    """The mean return of a policy's episodes, and the share of its states in which it takes the expert's action."""

    mean: float
    agreement: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(parser.parse_args().seeds)
    print("| task | learner | return | between chance and expert | agrees with the expert |\n|---|---|---|---|---|")
    for name in ("gail", "gail-acrobot"):
        compare(sparring.recipe(name), seeds)


def compare(recipe: Recipe, seeds: Sequence[int]) -> None:
    """Prints the rows of one task."""
    environment = open_environment(recipe.data.environment)
    expert = known_expert(environment)
    worst, best = (evaluate(environment, policy, expert) for policy in (chance(environment), expert))

    def print_row(learner: str, runs: Sequence[Performance]) -> None:
        returns = [run.mean for run in runs]
        spread = f" ± {statistics.stdev(returns):.1f}" if len(returns) > 1 else ""
        place = (statistics.mean(returns) - worst.mean) / (best.mean - worst.mean)
        agreement = statistics.mean(run.agreement for run in runs)
        mean = f"{statistics.mean(returns):.1f}{spread}"
        print(f"| {environment.name} | {learner} | {mean} | {place:.0%} | {agreement:.0%} |", flush=True)

    print_row("expert", [best])
    print_row("chance", [worst])
    learners: dict[str, Callable[[Recipe], Actor]] = {
        "behaviour cloning": clone,
        "GAIL": imitate,
        "GAIL, untrained D": lambda recipe: imitate(recipe.override(["optimizers.discriminator.learning_rate=1e-12"])),
    }
    for learner, learn in learners.items():
        policies = [learn(recipe.override([f"seed={seed}", f"data.seed={seed}"])) for seed in seeds]
        print_row(learner, [evaluate(environment, policy, expert) for policy in policies])


def evaluate(environment: Environment, policy: Actor, expert: Actor) -> Performance:
    """Returns the performance of `policy` in episodes with seeds of their own."""
    played = environment.play(policy, range(10_000, 10_000 + _EPISODES))
    states, actions = played.observations[:, :-1][played.played], played.actions[played.played]
    return Performance(float(played.returns.mean()), float((expert(states) == actions).mean()))


def chance(environment: Environment) -> Actor:
    random = np.random.default_rng(0)
    return lambda states: random.integers(environment.actions, size=len(states))


def imitate(recipe: Recipe) -> Actor:
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        game = sparring.train(recipe, folder).game
    random = torch.Generator().manual_seed(0)

    @torch.no_grad()
    def play(states: np.ndarray) -> np.ndarray:
        return game.act(states, random)

    return play


def clone(recipe: Recipe, steps: int = 2_000) -> Actor:
    """Returns the policy network of `recipe` fitted to the demonstrations, with the weights best on held-out pairs.

    As in Ho & Ermon 2016: trained on 70 % of the pairs with Adam in batches of 128, and stopped early by the others.
    """
    assert isinstance(recipe.data, Demonstrations)
    environment = open_environment(recipe.data.environment)
    random = torch.Generator().manual_seed(recipe.seed)
    pairs = torch.from_numpy(recipe.data.load().points)
    pairs = pairs[torch.randperm(len(pairs), generator=random)]
    states, actions = pairs[:, : environment.observed], pairs[:, environment.observed :]
    kept = int(0.7 * len(pairs))
    torch.manual_seed(recipe.seed)
    network = MLP.Spec(width=64).build((environment.observed,), (environment.actions,))
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    best, weights = float("inf"), network.state_dict()
    for _ in range(steps):
        chosen = torch.randint(kept, (128,), generator=random)
        optimizer.zero_grad()
        cross_entropy(network(states[chosen]), actions[chosen]).backward()
        optimizer.step()
        with torch.no_grad():
            held_out = float(cross_entropy(network(states[kept:]), actions[kept:]))
        if held_out < best:
            best, weights = held_out, {name: weight.clone() for name, weight in network.state_dict().items()}
    network.load_state_dict(weights)

    @torch.no_grad()
    def play(states: np.ndarray) -> np.ndarray:
        logits = network(environment.normalize(states))
        return torch.multinomial(logits.softmax(1), 1, generator=random)[:, 0].numpy()

    return play


if __name__ == "__main__":
    main()
