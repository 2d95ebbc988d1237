"""The engine's overhead for each game: one step against a plain hand-written loop with the same networks.

    python benchmarks/games.py                # about five minutes on two cores
    python benchmarks/games.py BiGAN VAEGAN   # these alone

Each game takes networks, batch, losses, penalties and averages from a small built-in recipe. The plain loops are in the
folder `plain`. The engine runs twice: with the default allocator, like the plain loop, and with one that keeps memory,
like `spar train`. Contenders run in separate processes and take turns, block by block; figures are medians over the
rounds of images/s, and of the ratio to the plain loop within the same round.
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
"""Whether the allocator keeps memory."""


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
    options = parser.parse_args()
    if options.serve:
        recipe, by_hand = GAMES[options.games[0]]
        contest.serve(CONTENDERS[options.serve], lambda: build(options.serve, sparring.recipe(*recipe), by_hand))
        return
    print(f"images/s, medians of {options.rounds} rounds of {options.steps} steps, interleaved\n")
    print("| game | recipe | batch | plain | engine | faster | with a tuned allocator | faster |")
    print("|---|---|---|---|---|---|---|---|")
    for game in options.games or GAMES:
        print(row(game, options.steps, options.rounds), flush=True)


def row(game: str, steps: int, rounds: int) -> str:
    """Runs the contenders and returns the game's line of the table."""
    recipe = sparring.recipe(*GAMES[game][0])
    images = recipe.training.batch * steps
    commands = {name: [sys.executable, __file__, game, "--serve", name] for name in CONTENDERS}
    seconds = {name: turns.seconds for name, turns in contest.take_turns(commands, steps, rounds).items()}
    speeds = [f"{statistics.median(images / taken for taken in times):.0f}" for times in seconds.values()]
    ratios = [f"{contest.ratio(seconds['plain'], times):.2f}" for times in list(seconds.values())[1:]]
    cells = [game, f"`{recipe.name}`", recipe.training.batch, *speeds[:2], ratios[0], speeds[2], ratios[1]]
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
