"""What games cost in the engine: a step of each through it against a plain hand-written loop with the same networks.

    python benchmarks/games.py                # about five minutes on two cores
    python benchmarks/games.py BiGAN VAEGAN   # of these alone

Each game is that of a small built-in recipe: its networks, batch, losses, penalties and averages. The plain loops are
those of the folder `plain`. The engine plays twice: with the allocator as it is, like the plain loop, and told to keep
memory, as `spar train` has it. Contenders run in processes of their own and take turns, block by block; figures are
medians over the rounds of images/s, and of the ratio to the plain loop within the same round.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

import contest
import plain
import sparring
from sparring.recipes.schema import Recipe
from sparring.runner.train import build_run
from sparring.training.folder import RunFolder
from sparring.training.loop import play_step

Plain = Callable[[plain.Setting, Any], contest.Step]

GAMES: dict[str, tuple[tuple[str, ...], Plain]] = {
    "conditional GAN": (("conditional-digits",), plain.conditional),
    "AC-GAN": (("acgan-digits",), plain.acgan),
    "SemiSupervised": (("semi-supervised-digits",), plain.semi_supervised),
    "InfoGAN": (("infogan-digits",), plain.infogan),
    "BiGAN": (("bigan-digits",), plain.bigan),
    "VAEGAN": (("vaegan-digits",), plain.vaegan),
    "AAE": (("aae-digits",), plain.aae),
    "SemiSupervisedAAE": (("semi-supervised-aae-digits",), plain.semi_supervised_aae),
    "FlowGAN": (("flow-gan-digits",), plain.flow_gan),
    "DANN": (("dann-digits",), plain.dann),
    "ADDA, once the source is learned": (("adda-digits", "pretraining=0"), plain.adda),
}
"""The recipe, with changes to it, and the plain loop."""

CONTENDERS = {"plain": False, "engine": False, "engine, tuned allocator": True}
"""Whether the allocator is told to keep memory."""


def build(contender: str, recipe: Recipe, by_hand: Plain) -> contest.Step:
    if recipe.training.threads:
        torch.set_num_threads(recipe.training.threads)
    if contender == "plain":
        setting = plain.Setting.of(recipe)
        return by_hand(setting, setting.game)
    data = recipe.data.load()
    run = build_run(recipe, data, RunFolder(Path(tempfile.gettempdir())), torch.device("cpu"))
    return lambda: play_step(run)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("games", nargs="*", metavar="GAME", help=f"of {', '.join(GAMES)}")
    parser.add_argument("--steps", type=int, default=8, help="steps in a block")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--serve", choices=CONTENDERS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        wanted, by_hand = GAMES[chosen.games[0]]
        contest.serve(CONTENDERS[chosen.serve], lambda: build(chosen.serve, sparring.recipe(*wanted), by_hand))
        return
    print(f"images/s, medians of {chosen.rounds} rounds of {chosen.steps} steps, interleaved\n")
    print("| game | recipe | batch | plain | engine | faster | with a tuned allocator | faster |")
    print("|---|---|---|---|---|---|---|---|")
    for game in chosen.games or GAMES:
        print(row(game, chosen.steps, chosen.rounds), flush=True)


def row(game: str, steps: int, rounds: int) -> str:
    """Lets the contenders play, and returns the game's line of the table."""
    recipe = sparring.recipe(*GAMES[game][0])
    images = recipe.training.batch * steps
    commands = {name: [sys.executable, __file__, game, "--serve", name] for name in CONTENDERS}
    seconds = {name: taken.seconds for name, taken in contest.take_turns(commands, steps, rounds).items()}
    speeds = [f"{statistics.median(images / taken for taken in times):.0f}" for times in seconds.values()]
    ratios = [f"{contest.ratio(seconds['plain'], times):.2f}" for times in list(seconds.values())[1:]]
    cells = [game, f"`{recipe.name}`", recipe.training.batch, *speeds[:2], ratios[0], speeds[2], ratios[1]]
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
