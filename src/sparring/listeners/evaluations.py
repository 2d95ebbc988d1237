"""The evaluations of a run inside its report: the newest one's scores and pictures, and the scores of those before."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from sparring.direction import ScoreDirection
from sparring.evaluation.score import MetricScore, append_suffix, format_score, read_score_files
from sparring.listeners.frames import embedded

SCORES = "scores"

_TITLES = ("Score", "Value", "Better", "Samples", "Reference", "Seen by")
_BETTER: dict[ScoreDirection, str] = {"lower": "↓ lower", "higher": "↑ higher", "real": "≈ like real"}
_LOOK_FOR = {
    "nearest": "Look for rows in which a real image is the generated one: those were learned by heart.",
    "realism": "Look for variety among the most realistic, and for what the least realistic have in common.",
    "map": "Look for blue without orange, which the generator misses, and orange without blue, which it makes up.",
    "precision_recall": "Look for the point furthest up and right: up is faithful to the data, right is varied.",
}
_MOST_BYTES = 120_000  # of a picture; so that a page full of sample grids stays under 10 MB


def evaluations(folder: Path) -> str:
    """Returns the evaluations in `folder/scores`: the newest with its pictures, the earlier ones folded.

    Returns "" where there is none; passes over files that are damaged or hold something else.
    """
    found = list(reversed(read_score_files(folder / SCORES).items()))
    if not found:
        return ""
    tables = [_table(path.name, scores) for path, scores in found]
    noun = "evaluation" if len(tables) == 2 else "evaluations"
    earlier = f"<details><summary>{len(tables) - 1} earlier {noun}</summary>{''.join(tables[1:])}</details>"
    return f"{tables[0]}{_pictures(found[0][0])}{earlier if len(tables) > 1 else ''}"


def _table(name: str, scores: Sequence[MetricScore]) -> str:
    head = "".join(f"<th>{title}</th>" for title in _TITLES)
    rows = "".join(map(_row, scores))
    return (
        f'<p><b>{escape(name)}</b></p><div class="wide"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        f'<p class="note">{escape(_small_line(scores))}</p>'
    )


def _row(score: MetricScore) -> str:
    cells = (
        _BETTER[score.direction],
        f"{score.count:,}",
        f"{score.reference}, {score.reference_count:,}",
        ", ".join(filter(None, (score.backbone, score.resizer))) or "–",
    )
    value = f'<td title="{escape(score.how)}"><b>{escape(format_score(score))}</b></td>'
    return f"<tr><td>{escape(score.name)}</td>{value}{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _small_line(scores: Sequence[MetricScore]) -> str:
    """Returns what few readers need: whose weights looked, what was seeded how, whose weights drew the samples."""
    weights = _once(f"{score.backbone} has weights {score.weights[:12]}" for score in scores if score.weights)
    seeds = _once(f"seed {score.seed}" for score in scores)
    drawn = _once(
        f"generator {'' if score.averaged else 'not '}averaged" for score in scores if score.averaged is not None
    )
    return "; ".join([*weights, *seeds, *drawn]) + "."


def _once(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _pictures(path: Path) -> str:
    figures = [
        f'<figure class="{name}"><img alt="{name.replace("_", " and ")}" src="{found[0]}">'
        f'<p class="note">{words}</p></figure>'
        for name, words in _LOOK_FOR.items()
        if (found := embedded(append_suffix(path, f"-{name}.png"), _MOST_BYTES))
    ]
    return f'<div class="sheets">{"".join(figures)}</div>' if figures else ""
