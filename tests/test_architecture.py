"""Who may import whom, how large things may be, what every file must have: docs/architecture.md and docs/style.md."""

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import FunctionType

import pytest

import sparring
import sparring.recipes
from sparring.game import Game

SOURCE = Path(sparring.__file__).parent
TESTS = Path(__file__).parent

PARTS = ("losses", "penalties", "augment", "latents", "networks", "data", "metrics", "theory")

LINES: tuple[tuple[str, ...], ...] = (
    # line 1
    ("errors",),
    ("version",),
    ("direction", "files"),
    ("download", "spec", "tensors"),
    ("layers",),
    # line 2
    ("network",),
    ("modality",),
    ("game",),
    ("adversary",),
    # what parts may look at pictures through
    ("backbones",),
    # line 3
    PARTS,
    # line 4
    ("games", "training"),
    ("evaluation",),
    # line 5
    ("listeners", "interop"),
    # line 6
    ("recipes",),
    # line 7
    ("inference",),
    ("runner",),
    # line 8
    ("bench", "studio"),
    ("cli",),
)
"""The lines of docs/architecture.md, from the bottom up; each name may import the names in the rows before its own.

Lines 1, 2, 7 and 8 are several rows, since there some build on others.
"""

RANKS = {name: rank for rank, row in enumerate(LINES) for name in row}

FORBIDDEN_NAMES = {"utils", "util", "misc", "helpers", "helper", "common", "base", "manager"}

LARGEST_FILE, LARGEST_FUNCTION, LARGEST_LOOP = 300, 40, 150
LARGEST_TOP_LEVEL, LARGEST_FOLDER = 8, 30
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef

LONG_FILES: dict[str, str] = {}
"""Files that may be longer than 300 lines, and why."""

LONG_FUNCTIONS = {
    "cli.app.train": "a command's options are its signature, each with its help text",
}
"""Functions that may be longer than 40 lines, and why."""

CORE = {"torch", "numpy", "PIL", "pydantic", "pydantic_core", "yaml", "typer", "rich", "safetensors", "filelock"}

MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts): ast.parse(path.read_text())
    for path in sorted(SOURCE.rglob("*.py"))
}


def imported_names(module: str, tree: ast.AST) -> Iterator[str]:
    """Yields the dotted names that a module of sparring imports, at any depth, `TYPE_CHECKING` included."""
    package = ["sparring", *module.split(".")[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*start, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def functions(tree: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}.{node.name}", node
        name = f"{prefix}.{node.name}" if isinstance(node, ast.ClassDef | ast.FunctionDef) else prefix
        yield from functions(node, name)


def line_count(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Returns the lines from `def` to the end, the docstring left out."""
    assert node.end_lineno is not None
    count = node.end_lineno - node.lineno + 1
    if ast.get_docstring(node) is not None:
        text = node.body[0]
        assert text.end_lineno is not None
        count -= text.end_lineno - text.lineno + 1
    return count


def test_every_module_stands_on_a_line_of_the_design() -> None:
    assert {module.partition(".")[0] for module in MODULES} - {"__init__"} <= RANKS.keys()


@pytest.mark.parametrize("module", [name for name in MODULES if name != "__init__"])
def test_a_module_imports_only_from_the_lines_below_its_own(module: str) -> None:
    own = module.partition(".")[0]
    for name in imported_names(module, MODULES[module]):
        parts = name.split(".")
        if parts[0] != "sparring":
            continue
        if len(parts) == 1:
            assert own == "cli", f"{module} imports all of sparring"
            continue
        other = parts[1]
        assert other == own or RANKS[other] < RANKS[own], f"{module} imports {name}"


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("training.")])
def test_training_imports_the_vocabulary_only_and_never_names_a_game(module: str) -> None:
    vocabulary = {"training", *(name for name, rank in RANKS.items() if rank < RANKS["losses"])}
    found = {name.split(".")[1] for name in imported_names(module, MODULES[module]) if name.startswith("sparring.")}
    assert found <= vocabulary
    known = {"gan", *(name.split(".")[1] for name in MODULES if name.startswith("games.")), "__init__"}
    named = {node.id for node in ast.walk(MODULES[module]) if isinstance(node, ast.Name)}
    assert not {name for name in named if name.lower() in known}


@pytest.mark.parametrize("module", MODULES)
def test_what_is_not_core_is_imported_in_the_function_that_needs_it(module: str) -> None:
    at_top = ast.Module([node for node in MODULES[module].body if not isinstance(node, ast.ClassDef)], [])
    at_top.body = [node for node in at_top.body if not isinstance(node, ast.FunctionDef)]
    roots = {name.partition(".")[0] for name in imported_names(module, at_top)}
    assert roots <= CORE | {"sparring"} | set(sys.stdlib_module_names)


@pytest.mark.parametrize("module", MODULES)
def test_files_and_functions_stay_small(module: str) -> None:
    path = SOURCE / f"{module.replace('.', '/')}.py"
    lines = len(path.read_text().splitlines())
    assert lines <= LARGEST_FILE or module in LONG_FILES, f"{lines} lines"
    long = {name: line_count(node) for name, node in functions(MODULES[module], module)}
    assert not {name: count for name, count in long.items() if count > LARGEST_FUNCTION and name not in LONG_FUNCTIONS}


def test_the_loop_stays_under_its_limit() -> None:
    assert len((SOURCE / "training" / "loop.py").read_text().splitlines()) <= LARGEST_LOOP


def test_the_allow_lists_hold_nothing_that_could_leave_them() -> None:
    sizes = {name: line_count(node) for module, tree in MODULES.items() for name, node in functions(tree, module)}
    assert {name for name in LONG_FUNCTIONS if sizes.get(name, 0) <= LARGEST_FUNCTION} == set()
    lengths = {name: len((SOURCE / f"{name.replace('.', '/')}.py").read_text().splitlines()) for name in LONG_FILES}
    assert {name for name, lines in lengths.items() if lines <= LARGEST_FILE} == set()


def test_the_top_level_holds_packages_and_few_files() -> None:
    assert len(list(SOURCE.glob("*.py"))) <= LARGEST_TOP_LEVEL


def test_a_folder_with_many_files_has_folders_of_its_own() -> None:
    folders = [SOURCE, *(path for path in SOURCE.rglob("*") if path.is_dir() and path.name != "__pycache__")]
    files = {folder: len(list(folder.glob("*.py"))) for folder in folders}
    nested = {path.parent for path in folders}
    assert not [folder for folder, count in files.items() if count > LARGEST_FOLDER and folder not in nested]


FOREIGN = r"\b(told|untold|judges?|judged|judging|meeting|drawn|in_full|Bystanders|Eyes|Take|tally|sitting)\b"


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks", "examples", "docs"])
def test_code_and_docs_speak_the_fields_words(folder: str) -> None:
    paths = [path for suffix in ("py", "md") for path in (TESTS.parent / folder).rglob(f"*.{suffix}")]
    words = {path: re.findall(FOREIGN, path.read_text(encoding="utf-8")) for path in paths if path != Path(__file__)}
    assert {str(path.relative_to(TESTS.parent)): sorted(set(found)) for path, found in words.items() if found} == {}


GAMES = {member.game.__name__ for member in Game.Spec.members.values() if member.__module__.startswith("sparring.")}


@pytest.mark.parametrize("module", [name for name in MODULES if not name.startswith(("games.", "recipes.", "bench."))])
def test_no_module_below_the_recipes_names_a_game(module: str) -> None:
    named = {node.id for node in ast.walk(MODULES[module]) if isinstance(node, ast.Name)}
    texts = [node.value for node in ast.walk(MODULES[module]) if isinstance(node, ast.Constant)]
    docstrings = {
        ast.get_docstring(node, clean=False) for node in ast.walk(MODULES[module]) if isinstance(node, DOCUMENTED)
    }
    messages = " ".join(text for text in texts if isinstance(text, str) and text not in docstrings)
    assert not (named | set(re.findall(r"\w+", messages))) & (GAMES - {"GAN"})


def test_no_file_has_a_name_that_says_nothing() -> None:
    paths = [*SOURCE.rglob("*"), *TESTS.rglob("*.py")]
    assert not [path for path in paths if path.stem.removeprefix("test_") in FORBIDDEN_NAMES]


@pytest.mark.parametrize("module", MODULES)
def test_modules_and_public_classes_and_functions_have_docstrings(module: str) -> None:
    tree = MODULES[module]
    assert ast.get_docstring(tree)
    defined = [node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)]
    public = [node for node in defined if not node.name.startswith("_")]
    assert not [node.name for node in public if not ast.get_docstring(node)]


def public_methods(module: str) -> Iterator[tuple[str, object]]:
    """Yields the public methods and properties that the classes of a module define."""
    loaded = import_module(f"sparring.{module}".removesuffix(".__init__"))
    for kind in vars(loaded).values():
        if inspect.isclass(kind) and kind.__module__ == loaded.__name__ and not kind.__name__.startswith("_"):
            for name, member in vars(kind).items():
                if not name.startswith("_") and isinstance(
                    member, FunctionType | property | classmethod | staticmethod
                ):
                    yield f"{kind.__name__}.{name}", getattr(kind, name)


@pytest.mark.parametrize("module", [name for name in MODULES if name not in ("__init__", "cli.__main__")])
def test_public_methods_have_a_docstring_of_their_own_or_of_the_method_that_they_override(module: str) -> None:
    assert not [name for name, member in public_methods(module) if not inspect.getdoc(member)]


@pytest.mark.parametrize("module", [name for name in MODULES if name.endswith(".__init__")])
def test_a_package_file_exports_and_does_nothing_else(module: str) -> None:
    _docstring, *rest = MODULES[module].body
    for node in rest:
        assert isinstance(node, ast.ImportFrom) or (
            isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        )


def test_every_test_folder_mirrors_a_source_folder() -> None:
    folders = {path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")}
    mirrored = {path.relative_to(SOURCE) for path in SOURCE.rglob("*") if path.is_dir()}
    assert folders - mirrored <= {Path(), Path("contracts")}


def test_every_source_folder_with_code_has_its_tests() -> None:
    folders = {module.partition(".")[0] for module in MODULES if module.count(".") and not module.endswith("__init__")}
    assert not {name for name in folders if not list((TESTS / name).glob("test_*.py"))}


@pytest.mark.parametrize(
    ("module", "absent"),
    [("sparring", ["torch", "numpy", "pydantic", "typer"]), ("sparring.cli", ["torch", "numpy", "pydantic"])],
)
def test_importing_stays_light(module: str, absent: list[str]) -> None:
    code = f"import sys, {module}; print(*[name for name in {absent} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""
