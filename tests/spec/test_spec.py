"""Recipes as values: written down, read back, overridden, and refused with words that help."""

import ast
import sys
from pathlib import Path
from typing import Annotated, Any

import pytest
import yaml
from pydantic import Field, PositiveInt, ValidationError

import sparring
from sparring import spec as spec_module
from sparring.errors import SpecError, nearest
from sparring.losses import Hinge, LeastSquares, NonSaturating
from sparring.networks import MLP, DCGANGenerator
from sparring.recipes import Recipe
from sparring.spec import Count, Family, Spec, differences
from sparring.spec.json_schema import json_schema


class Shape(Family):
    """A family for these tests."""

    colour: str = "red"


class Circle(Shape):
    """Round."""

    radius: PositiveInt = 1


class Square(Shape):
    """Not round."""

    side: Annotated[float, Field(gt=0)]


class Oval(Circle):
    """A member that is derived from another."""

    eccentricity: float = 0.5


class Picture(Spec):
    """Things of all kinds."""

    title: str = "untitled"
    first: Shape = Circle()
    more: tuple[Shape, ...] = ()
    named: dict[str, Shape] = {}
    maybe: Shape | None = None
    count: Count = 1


def full() -> Picture:
    return Picture(
        title="a: 'b' # c\n\u00e9",
        first=Oval(radius=3, colour="blue"),
        more=(Square(side=1e-7), Circle()),
        named={"x": Square(side=2.0), "y": Oval()},
        maybe=Circle(radius=9),
        count=10**9,
    )


def refused(kind: type[Spec], tree: Any) -> str:
    with pytest.raises(SpecError) as raised:
        kind.read(tree)
    return str(raised.value)


@pytest.mark.parametrize(
    "value", [Picture(), full(), Oval(), sparring.recipe("wgan-gp")], ids=lambda value: type(value).__name__
)
def test_a_value_reads_back_equal_from_its_yaml(value: Spec) -> None:
    again = type(value).from_yaml(value.to_yaml())
    assert again == value
    assert again.to_yaml() == value.to_yaml()
    assert hash(again.to_yaml()) == hash(value.to_yaml())
    assert yaml.safe_load(value.to_yaml()) == value.tree()


def test_a_member_is_given_as_itself_as_a_tree_or_by_its_name() -> None:
    expected = Picture(first=Circle())
    for value in (Circle(), {"kind": "Circle"}, "Circle", {"kind": "Circle", "radius": 1}):
        assert Picture.read({"first": value}) == expected
    assert Picture.read({"first": "Oval"}).first == Oval()
    assert Picture.read({"maybe": None}).maybe is None


def test_every_kind_is_written_with_its_name_first() -> None:
    tree = full().tree()
    assert list(tree) == list(Picture.model_fields)
    assert [next(iter(item)) for item in (tree["first"], *tree["more"], tree["maybe"])] == ["kind"] * 4
    assert Shape.members.keys() == {"Circle", "Square", "Oval"}
    assert DCGANGenerator.Spec.kind() == "DCGANGenerator"
    assert "kind" not in tree


def test_a_value_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Picture().title = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        sparring.recipe("dcgan").training.batch = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "count"),
    [("200k", 200_000), ("1.5M", 1_500_000), ("1e6", 10**6), ("2G", 2 * 10**9), ("7", 7), (" 3k ", 3000)],
)
def test_counts_are_written_as_people_write_them(text: str, count: int) -> None:
    assert Picture.read({"count": text}).count == count
    assert Picture().override([f"count={text}"]).count == count


@pytest.mark.parametrize(
    "text", ["", "k", "1.5", "1.0005k", "many", "1kk", "inf", "nan", "1e999", "infk", None, 1.5, [1]]
)
def test_what_is_no_count_is_refused(text: Any) -> None:
    assert refused(Picture, {"count": text}).startswith(f"count: got {text!r}; ")


@pytest.mark.parametrize(
    ("tree", "lines"),
    [
        ({"tittle": 1}, ["tittle: unknown field of Picture; did you mean title? (known: count, first, maybe, more,"]),
        ({"title": 3}, ["title: got 3; Input should be a valid string"]),
        (
            {"first": "Circel"},
            ["first.kind: got 'Circel', not a kind of Shape; did you mean Circle? (known: Circle, Oval"],
        ),
        ({"first": {"kind": "Circle", "radios": 2}}, ["first.radios: unknown field of Circle; did you mean radius?"]),
        ({"first": {"kind": "Circle", "radius": 0}}, ["first.radius: got 0; Input should be greater than 0"]),
        ({"first": {"radius": 0}}, ["first: got {'radius': 0}; needs a kind of Shape: Circle, Oval, Square"]),
        ({"first": 3}, ["first: got 3; needs a kind of Shape"]),
        ({"more": ["Square"]}, ["more.0.side: needs a value"]),
        (
            {"more": ["Circle", {"kind": "Square", "side": "x"}]},
            ["more.1.side: got 'x'; Input should be a valid number"],
        ),
        ({"named": {"a": {"kind": "Square", "side": -1}}}, ["named.a.side: got -1; Input should be greater than 0"]),
        ({"maybe": "Cube"}, ["maybe.kind: got 'Cube', not a kind of Shape"]),
        (
            {"more": [{"kind": "Square", "side": float("inf")}]},
            ["more.0.side: got inf; Input should be a finite number"],
        ),
        ({"title": 3, "more": ["Cube"]}, ["title: got 3", "more.0.kind: got 'Cube'"]),
        ([1], ["Picture: got [1]"]),
        (None, ["Picture: "]),
    ],
    ids=str,
)
def test_every_error_names_the_field_what_came_and_what_is_allowed(tree: Any, lines: list[str]) -> None:
    problems = refused(Picture, tree).splitlines()
    assert len(problems) == len(lines)
    assert all(text.startswith(line) for text, line in zip(problems, lines, strict=True)), problems


def test_an_error_deep_in_a_recipe_names_its_whole_path() -> None:
    tree = sparring.recipe("dcgan").tree()
    tree["game"]["generator"]["normalization"] = {"kind": "BatchNrm"}
    assert refused(Recipe, tree).startswith(
        "game.generator.normalization.kind: got 'BatchNrm', not a kind of Normalization; did you mean BatchNorm"
    )


def test_text_that_is_no_yaml_is_refused_in_one_line() -> None:
    with pytest.raises(SpecError, match=r"^not YAML: [^\n]*line 1"):
        Picture.from_yaml("a: [")
    with pytest.raises(SpecError, match="not YAML"):
        Picture.from_yaml("!!python/object/apply:os.system ['true']")


def test_a_path_may_leave_out_its_beginning() -> None:
    recipe = sparring.recipe("dcgan").override(
        [
            "generator.width=96",
            "batch=32",
            "losses.kind=Hinge",
            "generator.normalization=NoNorm",
            "checkpoints.every=1k",
        ]
    )
    assert recipe.game.generator.width == 96  # type: ignore[attr-defined]
    assert recipe.training.batch == 32
    assert recipe.game.losses == Hinge()  # type: ignore[attr-defined]
    assert recipe.game.generator.normalization.kind() == "NoNorm"  # type: ignore[attr-defined]
    assert recipe.training.checkpoints.every == 1000


def test_the_shallowest_place_wins() -> None:
    class Inner(Spec):
        """Deeper."""

        seed: int = 0

    class Outer(Spec):
        """Shallower."""

        inner: Inner = Inner()
        seed: int = 0

    assert Outer().override(["seed=1"]) == Outer(seed=1)
    assert Outer().override(["inner.seed=1"]) == Outer(inner=Inner(seed=1))


def test_an_ambiguous_path_is_refused_with_all_that_it_could_be() -> None:
    with pytest.raises(SpecError) as raised:
        sparring.recipe("dcgan").override(["width=96"])
    assert str(raised.value) == (
        "width could be game.generator.width or game.discriminator.width: write out the one you mean"
    )


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("batch", "'batch' is not an assignment: write field=value"),
        ("=3", "'=3' is not an assignment"),
        ("bach=3", r"bach: unknown field; did you mean batch"),
        ("generator.widht=3", r"game.generator.widht: unknown field of DCGANGenerator; did you mean width"),
        (
            "training.optimizers.gnerator.learning_rate=1",
            r"training.optimizers.gnerator: unknown field; did you mean gen",
        ),
        ("batch.x=3", "training.batch holds 128, which has no field 'x'"),
        ("batch.x.y=3", "training.batch holds 128, which has no field 'x'"),
        ("order.5=generator", "game.order.5: the list has 2 items, counted from 0"),
        ("order.x=generator", "game.order.x: the list has 2 items, counted from 0"),
        ("penalties.0.weight=2", "game.penalties.0: unknown field"),
        ("clip_gradient.x=1", "training.clip_gradient holds None, which has no field 'x'"),
        ("batch=0", "training.batch: got 0; Input should be greater than 0"),
        ("batch=many", "training.batch: got 'many'; Input should be a valid integer"),
        ("accumulation=3", "accumulation: a batch of 128 cannot be computed in 3 equal parts"),
        ("losses=Hing", "game.losses.kind: got 'Hing', not a kind of AdversarialLoss; did you mean Hinge"),
        ("losses.kind=LeastSquare", "got 'LeastSquare', not a kind of AdversarialLoss; did you mean LeastSquares"),
        ("penalties=[R1, R1]", "game.penalties: .*R1 is listed twice; combine them into one with the summed weight"),
        ("seed=-1", "seed: got -1"),
        ("name=", "name: got None"),
        (".=1", "unknown field"),
        ("a..b=1", "unknown field"),
    ],
)
def test_an_impossible_assignment_is_refused_with_a_reason(assignment: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        sparring.recipe("dcgan").override([assignment])


def test_a_number_in_a_path_walks_a_list() -> None:
    recipe = sparring.recipe("wgan-gp").override(["penalties.0.weight=3", "order.0=generator"])
    assert recipe.game.penalties[0].weight == 3  # type: ignore[attr-defined]
    assert recipe.game.order[:2] == ("generator", "discriminator")


def test_another_kind_drops_the_fields_of_the_old_one() -> None:
    recipe = sparring.recipe("lsgan").override(["losses.kind=NonSaturating"])
    assert recipe.game.losses == NonSaturating()  # type: ignore[attr-defined]
    recipe = recipe.override(["generator.kind=MLP", "generator.depth=3"])
    assert recipe.game.generator == MLP.Spec(depth=3)  # type: ignore[attr-defined]


def test_the_same_kind_again_keeps_its_fields() -> None:
    recipe = sparring.recipe("lsgan").override(["losses.kind=LeastSquares", "losses.c=0.5"])
    assert recipe.game.losses == LeastSquares(a=0.0, b=1.0, c=0.5)  # type: ignore[attr-defined]


def test_values_are_read_as_yaml() -> None:
    recipe = sparring.recipe("dcgan").override(
        ["losses=Hinge", "penalties=[R1, {kind: R2, weight: 0.5}]", "clip_gradient=1", "averages={}", "name='1'"]
    )
    assert [penalty.kind() for penalty in recipe.game.penalties] == ["R1", "R2"]  # type: ignore[attr-defined]
    assert recipe.training.clip_gradient == 1.0
    assert recipe.training.averages == {}
    assert recipe.name == "1"
    assert recipe.override(["clip_gradient=null"]).training.clip_gradient is None
    assert sparring.recipe("dcgan").override(["data.path=a b: [c"]).data.path == Path("a b: [c")  # type: ignore[attr-defined]


def test_overriding_gives_a_new_value_and_leaves_the_old() -> None:
    old = sparring.recipe("dcgan")
    assert old.override([]) == old
    assert old.override(["seed=1"]) != old
    assert old == sparring.recipe("dcgan")


def test_the_json_schema_lists_every_kind_of_a_family() -> None:
    schema = json_schema(Picture)
    family = schema["properties"]["first"]["$ref"].removeprefix("#/$defs/")
    choices = schema["$defs"][family]["anyOf"]
    assert [choice["properties"]["kind"]["const"] for choice in choices] == ["Circle", "Oval", "Square"]
    assert choices[2]["required"] == ["kind", "side"]
    kinds = str(json_schema(Recipe))
    assert all(f"'const': '{kind}'" in kinds for kind in ("Hinge", "DCGANGenerator", "MLP", "Adam", "R1", "GAN"))


def test_differences_name_every_leaf() -> None:
    one, other = Picture(), Picture(first=Square(side=1.0), count=2)
    assert list(differences(one.tree(), other.tree())) == [
        "first.kind: 'Circle' → 'Square'",
        "first.radius: 1 → None",
        "first.side: None → 1.0",
        "count: 1 → 2",
    ]
    assert list(differences(one.tree(), one.tree())) == []


def test_the_nearest_name_is_found_whatever_its_case() -> None:
    assert "did you mean Hinge?" in nearest("hinge", ["Hinge", "Minimax"])
    assert nearest("zzz", ["Hinge", "Minimax"]) == " (known: Hinge, Minimax)"


def test_nothing_is_ever_imported_by_a_name_in_a_recipe() -> None:
    before = set(sys.modules)
    for name in ("os.system", "sparring.losses.Hinge", "antigravity.fly", "builtins.print"):
        assert f"got '{name}', not a kind of Shape" in refused(Picture, {"first": {"kind": name}})
    assert "antigravity" not in set(sys.modules) - before
    tree = ast.parse(Path(spec_module.__file__).read_text())
    called = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not called & {"import_module", "__import__", "eval", "exec", "getattr", "globals"}


def test_an_instance_of_another_family_is_refused() -> None:
    assert refused(Picture, {"first": Hinge()}).startswith("first: got")


def test_a_spec_prints_as_what_it_is() -> None:
    assert str(NonSaturating()) == "NonSaturating()"
    assert str(LeastSquares()) == "LeastSquares(a=-1.0, b=1.0, c=0.0)"


def test_an_empty_file_is_said_to_be_empty() -> None:
    with pytest.raises(SpecError, match="empty"):
        Recipe.from_yaml("")
