"""The evaluations of a run in its report: scores and pictures of the newest, scores of earlier ones."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from sparring.direction import ScoreDirection
from sparring.evaluation.score import MetricScore, append_suffix, format_score, read_score_files
from sparring.listeners.frames import embed_picture

SCORES = "scores"

_TITLES = ("Score", "Value", "Better", "Samples", "Reference", "Backbone")
_BETTER: dict[ScoreDirection, str] = {"lower": "↓ lower", "higher": "↑ higher", "real": "≈ like real"}
_LOOK_FOR = {
    "nearest": "Look for rows in which a real image equals the generated one: those were memorized.",
    "realism": "Look for variety among the most realistic, and for common flaws of the least realistic.",
    "map": "Look for blue without orange, which the generator misses, and orange without blue, which it invents.",
    "precision_recall": "Look for the point furthest up and right: up is faithful to the data, right is varied.",
}
_MOST_BYTES = 120_000  # of a picture; a page full of sample grids stays under 10 MB


def evaluations(folder: Path) -> str:
    """Returns the evaluations in `folder/scores`: the newest with its pictures, the earlier ones folded.

    Returns "" where there is none; skips files that are damaged or hold something else.
    """
    newest_first = list(reversed(read_score_files(folder / SCORES).items()))
    if not newest_first:
        return ""
    tables = [_table(path.name, scores) for path, scores in newest_first]
    noun = "evaluation" if len(tables) == 2 else "evaluations"
    earlier = f"<details><summary>{len(tables) - 1} earlier {noun}</summary>{''.join(tables[1:])}</details>"
    return f"{tables[0]}{_pictures(newest_first[0][0])}{earlier if len(tables) > 1 else ''}"


def _table(name: str, scores: Sequence[MetricScore]) -> str:
    head = "".join(f"<th>{title}</th>" for title in _TITLES)
    rows = "".join(map(_row, scores))
    return (
        f'<p><b>{escape(name)}</b></p><div class="wide"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        f'<p class="note">{escape(_provenance(scores))}</p>'
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


def _provenance(scores: Sequence[MetricScore]) -> str:
    """Returns the backbone's weights, the seed, and whether the generator was averaged."""
    weights = _unique(f"{score.backbone} has weights {score.weights[:12]}" for score in scores if score.weights)
    seeds = _unique(f"seed {score.seed}" for score in scores)
    generators = _unique(
        f"generator {'' if score.averaged else 'not '}averaged" for score in scores if score.averaged is not None
    )
    return "; ".join([*weights, *seeds, *generators]) + "."


def _unique(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _pictures(path: Path) -> str:
    figures = [
        f'<figure class="{name}"><img alt="{name.replace("_", " and ")}" src="{image[0]}">'
        f'<p class="note">{words}</p></figure>'
        for name, words in _LOOK_FOR.items()
        if (image := embed_picture(append_suffix(path, f"-{name}.png"), _MOST_BYTES))
    ]
    return f'<div class="sheets">{"".join(figures)}</div>' if figures else ""
