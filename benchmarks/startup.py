"""The start-up time of the command and of imports.

python benchmarks/startup.py         # half a minute
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 7
PYTHON = sys.executable
COMMANDS = {
    "spar --help": [str(Path(PYTHON).parent / "spar"), "--help"],
    "import torch": [PYTHON, "-c", "import torch"],
    "import torch, sparring": [PYTHON, "-c", "import torch, sparring"],
    "import torch, sparring; sparring.train": [PYTHON, "-c", "import torch, sparring; sparring.train"],
}


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(ROUNDS + 1):
        for name, command in COMMANDS.items():
            taken = seconds(command)
            if turn:  # the first reads from disk
                times[name].append(taken)
    alone = statistics.median(times["import torch"])
    print(f"medians of {ROUNDS} interleaved rounds\n\n| | seconds | more than import torch |\n|---|---|---|")
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"| `{name}` | {median:.2f} | {median - alone:+.2f} |")


if __name__ == "__main__":
    main()
