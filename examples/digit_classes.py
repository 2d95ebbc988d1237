"""Counts the digits that a trained model generates, classified by nearest neighbours among real ones.

python examples/digit_classes.py runs/digits
"""

import sys

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

import sparring
from sparring.data import Digits

COUNT = 1_000
SMALLEST_SHARE = 0.03


def main(run: str) -> int:
    """Prints the share of each digit among samples of `run`; returns 1 where one is too rare."""
    model = sparring.load(run)
    real = Digits(size=f"{model.shape[1]}x{model.shape[2]}").load()
    classifier = KNeighborsClassifier(5).fit(real.pixels.reshape(len(real), -1) / 127.5 - 1.0, real.labels)
    samples = model.sample(COUNT, seed=0).flatten(1).cpu().numpy()
    shares = np.bincount(classifier.predict(samples), minlength=10) / COUNT
    print(f"\nOf {COUNT:,} samples, by 5 nearest neighbours among the real digits:\n\n  digit  share")
    for digit, share in enumerate(shares):
        print(f"  {digit:>5}  {share:6.1%}  {'#' * round(share * 200)}")
    if missing := [str(digit) for digit, share in enumerate(shares) if share < SMALLEST_SHARE]:
        print(f"\nBelow {SMALLEST_SHARE:.0%}: {', '.join(missing)}")
        return 1
    print(f"\nAll ten digits are there, none below {SMALLEST_SHARE:.0%}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "runs/digits"))
