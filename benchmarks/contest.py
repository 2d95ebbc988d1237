"""A contest of speed between contenders in separate processes, in turns, block by block: all share other load."""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

from sparring.training.allocator import keep_memory
from sparring.training.memory import peak_memory_mb

Step = Callable[[], object]
Contender = tuple[bool, Callable[[int, int], Step]]
"""Whether the allocator keeps memory, and the function that builds a step of some width and batch."""


@dataclass(frozen=True)
class Turns:
    """The seconds of a contender's block in each round, and the peak memory of its process, in MB."""

    seconds: list[float]
    memory_mb: float


def run(script: str, description: str, contenders: Mapping[str, Contender], title: str, steps: int) -> None:
    """Runs one contender, or compares all of them, according to the command line of `script`."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=64, help="of the networks' layers")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=steps, help="steps in a block")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--serve", choices=list(contenders), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        tuned, build = contenders[options.serve]
        serve(tuned, lambda: build(options.width, options.batch))
    else:
        title = f"{title}, width {options.width}, batch {options.batch}"
        compare([sys.executable, script, *sys.argv[1:]], title, list(contenders), options.steps, options.rounds)


def serve(tuned: bool, build: Callable[[], Step], clock: Callable[[], float] = time.perf_counter) -> None:
    """Plays a block of steps for each count on standard input; prints its seconds by `clock`, and the peak in MB."""
    if tuned:
        keep_memory()
    step = build()
    for line in sys.stdin:
        start = clock()
        for _ in range(int(line)):
            step()
        print(clock() - start, peak_memory_mb(torch.device("cpu")), flush=True)


def compare(command: list[str], title: str, names: list[str], steps: int, rounds: int) -> None:
    """Prints medians over the rounds of the time of a step, and of its ratio to the first one's in the same round."""
    turns = take_turns({name: [*command, "--serve", name] for name in names}, steps, rounds)
    seconds = {name: own.seconds for name, own in turns.items()}
    print(f"{title}; median of {rounds} rounds of {steps} steps, interleaved\n")
    print(f"| contender | ms a step | faster than {names[0]} |\n|---|---|---|")
    for name, times in seconds.items():
        milliseconds = statistics.median(taken / steps * 1000 for taken in times)
        print(f"| {name} | {milliseconds:.2f} | {ratio(seconds[names[0]], times):.2f} |")


def take_turns(commands: Mapping[str, list[str]], steps: int, rounds: int) -> dict[str, Turns]:
    """Returns the turns of each contender; every other round runs in reverse order."""
    workers = {
        name: subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name, command in commands.items()
    }

    def play(name: str, count: int) -> tuple[float, float]:
        worker = workers[name]
        assert worker.stdin is not None
        assert worker.stdout is not None
        print(count, file=worker.stdin, flush=True)
        seconds, memory = map(float, worker.stdout.readline().split())
        return seconds, memory

    for name in commands:
        play(name, max(3, steps // 2))
    blocks: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for number in range(rounds):
        for name in reversed(commands) if number % 2 else commands:
            blocks[name].append(play(name, steps))
    for worker in workers.values():
        assert worker.stdin is not None
        worker.stdin.close()
        worker.wait()
    return {name: Turns([seconds for seconds, _ in own], own[-1][1]) for name, own in blocks.items()}


def ratio(first: Sequence[float], times: Sequence[float]) -> float:
    """Returns the speed-up over the `first` contender, its median over the rounds."""
    return statistics.median(one / other for one, other in zip(first, times, strict=True))
