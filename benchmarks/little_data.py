"""Adaptive augmentation on little data: StyleGAN2 on two hundred photographs.

    sudo apt-get install tuxpaint-stamps-default
    python benchmarks/little_data.py runs/little-data        # half an hour on two cores; resumes where it stopped

Tux Paint's stamps of animals, food, plants, household and vehicles, most of them photographs, are composited on white
at 64x64; three in ten are held out. One small StyleGAN2 trains on the others twice: without augmentation, and with ADA.
Every 4,000 images, 500 samples of the averaged generator are compared with the held-out photographs by the kernel
distance KID, with EfficientNet-lite0. `curves.png` in the folder shows KID, ADA's strength p and r = E[sign D(x)], its
target being .6; the table has their final values.
"""

import json
import sys
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from PIL import Image

import sparring
from sparring.data import HoldOut, ImageFiles
from sparring.evaluation import DataSamples, EvaluationPlan, Scorer
from sparring.listeners import Scoring
from sparring.metrics import KID

STAMPS = Path("/usr/share/tuxpaint/stamps")
KINDS = ("animals", "food", "plants", "household", "vehicles")
SIDE, EVERY, IMAGES = 64, 4_000, 40_000

LINES = {
    "no augmentation": "augmentations=[]",
    "ADA": "augmentations=[{kind: ADA, images: 50k}]",
}
"""The augmentations of each line."""

SETTINGS = (
    f"images={IMAGES}",
    "generator.channel_base=512",
    "generator.channel_max=128",
    "generator.width=64",
    "discriminator.channel_base=512",
    "discriminator.channel_max=128",
    "prior.size=64",
    "generator.mixing=0.9",
    "penalties=[{kind: R1, weight: 0.1, every: 8}]",
    "training.batch=8",
    "training.threads=1",
    f"listening.samples_every={EVERY}",
)


def lay_out(folder: Path) -> Path:
    """Writes the stamps as squares on white to `folder` and returns it."""
    paths = sorted(path for kind in KINDS for path in (STAMPS / kind).rglob("*.png"))
    if not paths:
        raise SystemExit(f"there are no stamps in {STAMPS}; install them: apt-get install tuxpaint-stamps-default")
    folder.mkdir(parents=True, exist_ok=True)
    for index, path in enumerate(paths):
        stamp = Image.open(path).convert("RGBA")
        stamp.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        square = Image.new("RGB", (SIDE, SIDE), "white")
        square.paste(stamp, ((SIDE - stamp.width) // 2, (SIDE - stamp.height) // 2), stamp)
        square.save(folder / f"{index:03d}.png")
    return folder


def play(line: str, source: HoldOut, run: Path) -> list[dict[str, Any]]:
    """Trains the run of a line and returns its log."""
    data = source.load()
    assert data.held_out is not None
    plan = EvaluationPlan(metrics=(KID(),), count=500, pictures=False)
    scorer = Scorer(plan, DataSamples(data.held_out), torch.device("cpu"))
    recipe = sparring.recipe("stylegan2", *SETTINGS, LINES[line]).model_copy(update={"data": source})
    sparring.train(recipe, run, listeners=[Scoring(EVERY, scorer, (), count=500, share=1.0)])
    return [json.loads(text) for text in (run / "log.jsonl").read_text().splitlines()]


def curve(log: list[dict[str, Any]], group: str, name: str) -> tuple[list[int], list[float]]:
    """Returns the images shown and the values of `name`, where the log has any."""
    points = [(line["images"], line[group][name]) for line in log if name in line[group]]
    return [x for x, _ in points], [y for _, y in points]


def draw(logs: dict[str, list[dict[str, Any]]], path: Path) -> None:
    """Plots KID, p and r of all lines."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.4), layout="constrained")
    panels = (("scores", "KID-lite0", "held-out KID-lite0"), ("observations", "augmentation", "strength p"),
              ("observations", "sign_real", "r = E[sign D(real)]"))  # fmt: skip
    for axes, (group, name, title) in zip(figure.subplots(1, 3), panels, strict=True):
        for line, log in logs.items():
            axes.plot(*curve(log, group, name), label=line)
        axes.set(title=title, xlabel="images shown")
    figure.axes[2].axhline(0.6, color="gray", linewidth=0.8, linestyle="--")
    figure.axes[0].legend(frameon=False)
    figure.savefig(path, dpi=100)


def main(folder: Path) -> None:
    """Trains the runs, plots their curves and prints the table."""
    source = HoldOut(of=ImageFiles(path=lay_out(folder / "stamps")), share=0.3)
    logs = {line: play(line, source, folder / line.replace(" ", "-")) for line in LINES}
    draw(logs, folder / "curves.png")
    print("| | best KID | KID at the end | p at the end | r over the last fifth |\n|---|---|---|---|---|")
    for line, log in logs.items():
        _, distances = curve(log, "scores", "KID-lite0")
        _, signs = curve(log, "observations", "sign_real")
        _, strengths = curve(log, "observations", "augmentation")
        r = f"{fmean(signs[-len(signs) // 5 :]):.2f}" if signs else ""
        p = f"{strengths[-1]:.2f}" if strengths else ""
        print(f"| {line} | {min(distances):.2f} | {distances[-1]:.2f} | {p} | {r} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("runs/little-data"))
