"""Paths, functions and commands that the documentation names are there."""

import ast
import re
import shlex
from pathlib import Path

import pytest
import typer

from sparring.cli.app import app

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "sparring"
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
INVENTED = {"boosting", "jensen_shannon", "residual_mlp", "mean_matching"}
"""Files that CONTRIBUTING.md has its readers write."""

FOLDERS = {path.name for path in SOURCE.iterdir() if path.is_dir()}

by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def texts(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def exists(name: str) -> bool:
    """Whether a path exists below the repository or below `src/sparring/`."""
    return any((folder / name).exists() for folder in (ROOT, SOURCE))


def paths(page: Path) -> list[str]:
    """Returns the paths in `code`: Python files and folders of the package, tests, examples and benchmarks."""
    spans = re.findall(r"`([\w./-]+)`", texts(page))
    spans += re.findall(r"(?:python|pytest|-m pytest) ([\w/]+\.py)", texts(page))
    spans += re.findall(r"pytest (tests/[\w/.]*)", texts(page))
    whole = [name for name in spans if re.fullmatch(r"(src/)?[\w/]+\.py|(src|tests|examples|benchmarks)/[\w/]*", name)]
    return [*whole, *(name for name in spans if name.endswith("/") and name.split("/")[0] in FOLDERS)]


@by_page
def test_every_path_named_in_the_documentation_exists(page: Path) -> None:
    missing = [name for name in paths(page) if not exists(name)]
    assert not [name for name in missing if Path(name).stem.removeprefix("test_") not in INVENTED]


@by_page
def test_every_command_named_in_the_documentation_parses(page: Path) -> None:
    for line in commands(texts(page)):
        try:
            parse(shlex.split(line, comments=True)[1:])
        except Exception as error:
            if type(error).__name__ != "MissingParameter":  # prose names an option without what else it takes
                raise AssertionError(f"{line}: {error}") from error


def test_functions_named_with_their_file_are_defined_there() -> None:
    text = texts(ROOT / "docs" / "architecture.md")
    rows = re.findall(r"^\| [^|]+ \| `([\w/]+\.py)` \| ([^|]+) \|$", text, re.M)
    pairs = [(name, path) for path, names in rows for name in re.findall(r"`(\w+)`", names)]
    pairs += re.findall(r"`(\w+)` (?:\(|of |in )`([\w/]+\.py)`", text)
    assert len(pairs) > 40
    assert not [(name, path) for name, path in pairs if name not in defined(path)]


def defined(path: str) -> set[str]:
    tree = ast.parse((SOURCE / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def commands(text: str) -> list[str]:
    """Returns the lines of code blocks that begin with `spar`, continued lines joined, and such `code` in prose."""
    blocks = "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, re.S | re.M)).replace("\\\n", " ")
    lines = [re.sub(r"^\w+=\w+ ", "", line.strip()) for line in blocks.splitlines()]
    prose = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    spans = [re.sub(r"\s+", " ", span) for span in re.findall(r"`(spar [^`]+)`", prose)]
    return [line for line in [*lines, *spans] if re.match(r"spar [a-z]", line) and "…" not in line]


def parse(words: list[str]) -> None:
    """Parses a command without running it; raises what is wrong with it."""
    command, name, context = typer.main.get_command(app), "spar", None
    while words and (members := getattr(command, "commands", None)) and not words[0].startswith("-"):
        context = command.context_class(command, parent=context, info_name=name)
        name, *words = words
        command = members[name]
    if words:
        command.make_context(name, words, parent=context)
