"""`spar latent`: pictures of a latent space, saved with their latents."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

import sparring
from sparring.cli.app import app
from sparring.errors import SparringError
from sparring.latents import LatentProjection, Latents, read_latents, save_latents

Trained = Callable[..., Path]


STYLES = """game={
    kind: GAN,
    generator: {kind: StyleGAN2Generator, channel_base: 64, width: 8, mapping_layers: 2},
    discriminator: {kind: StyleGAN2Discriminator, channel_base: 32},
    prior: {kind: Gaussian, size: 6},
}"""


@pytest.fixture
def run(trained: Trained) -> Path:
    """A run of a tiny style network, one step old."""
    return trained("dcgan", "data.size=16", STYLES, steps=1)


@pytest.fixture
def plain(trained: Trained) -> Path:
    """A run without styles."""
    return trained("dcgan", steps=1, folder="plain")


def say(*arguments: object) -> str:
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_sample_and_its_latents_are_those_of_spar_sample(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "some.png"
    output = say("latent", "sample", run, "--count", 5, "--seed", 3, "--out", out)
    assert output.splitlines() == [str(out), f"{tmp_path / 'some.npz'}: 5 latents of z"]
    model = sparring.load(run)
    torch.testing.assert_close(model.render(read_latents(tmp_path / "some.npz")), model.sample(5, seed=3))


def test_a_truncated_sample_is_saved_as_it_is_shown(run: Path, tmp_path: Path) -> None:
    say("latent", "sample", run, "--truncation", 0.5, "--count", 2, "--out", tmp_path / "half.png")
    say("sample", run, "--truncation", 0.5, "--count", 2, "--out", tmp_path / "files")
    say("sample", run, "--latents", tmp_path / "half.npz", "--out", tmp_path / "again")
    assert read_latents(tmp_path / "half.npz").space == "w"
    for name in ("seed0-00000.png", "seed0-00001.png"):
        assert (tmp_path / "files" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_paths_fill_a_grid_or_move(run: Path, tmp_path: Path) -> None:
    say("latent", "interpolate", run, "--count", 3, "--steps", 4, "--out", tmp_path / "paths.png")
    assert len(read_latents(tmp_path / "paths.npz")) == 2 * 4
    say("latent", "interpolate", run, "--count", 3, "--steps", 4, "--space", "w", "--out", tmp_path / "paths.gif")
    assert read_latents(tmp_path / "paths.npz").space == "w"
    with Image.open(tmp_path / "paths.gif") as moving:
        assert moving.n_frames == 3 * 4  # type: ignore[attr-defined]


def test_paths_move_in_a_video_at_the_speed_asked_for(run: Path, tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    say("latent", "interpolate", run, "--count", 3, "--steps", 14, "--fps", 10, "--out", tmp_path / "paths.mp4")
    rendered = sparring.load(run).render(read_latents(tmp_path / "paths.npz")).add(1).mul(127.5)
    with av.open(str(tmp_path / "paths.mp4")) as file:
        assert file.streams.video[0].average_rate == 10
        frames = torch.stack([torch.from_numpy(frame.to_ndarray(format="rgb24")) for frame in file.decode(video=0)])
    assert frames.shape == (3 * 14, 256, 256, 3)
    tile = frames.float().unflatten(1, (16, 16)).unflatten(3, (16, 16)).mean((2, 4)).permute(0, 3, 1, 2)
    assert (tile - rendered).abs().mean() < 8  # the format keeps colours at half of the resolution


@pytest.mark.parametrize("command", [("mix", "--rows", 2, "--columns", 3), ("compose", "--take", "1:coarse")])
def test_styles_are_mixed(run: Path, command: tuple[object, ...]) -> None:
    name, *options = command
    picture, saved = say("latent", name, run, *options).splitlines()
    assert Path(picture).is_file()
    assert saved.endswith("6 latents of w+" if name == "mix" else "1 latents of w+")


def test_saved_latents_go_into_every_command(run: Path, tmp_path: Path) -> None:
    say("latent", "sample", run, "--count", 3, "--out", tmp_path / "some.png")
    latents = ("--latents", tmp_path / "some.npz")
    for command in (("sample",), ("interpolate",), ("mix", "--rows", 1), ("compose", "--take", "2:0-1")):
        name, *options = command
        assert say("latent", name, run, *options, *latents, "--out", tmp_path / f"{name}-out.png")


def test_a_run_without_styles_samples_and_interpolates(plain: Path, tmp_path: Path) -> None:
    say("latent", "sample", plain)
    say("latent", "interpolate", plain, "--along", "spherical", "--out", tmp_path / "moving.gif")


@pytest.fixture
def perceptual(monkeypatch: pytest.MonkeyPatch) -> None:
    """A distance that needs no weights."""

    class Squared(torch.nn.Module):
        title = "squared"

        def forward(self, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
            return (one - other).square().mean((1, 2, 3))

    monkeypatch.setattr("sparring.backbones.find_perceptual", lambda name, device: Squared())


@pytest.mark.usefixtures("perceptual")
def test_images_are_projected_and_the_model_tuned(run: Path, pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "projected"
    options = ("--steps", 20, "--tune", 3, "--batch", 6, "--space", "w+", "--out", out)
    output = say("latent", "project", run, pictures, *options)
    assert "projection 20/20" in output
    assert "tuned: squared + 1 MSE" in output
    latents = read_latents(out / "latents.npz")
    assert (latents.space, len(latents), len(latents.noise)) == ("w+", 11, 5)
    assert len(list((out / "steps").iterdir())) == 2 * 10
    assert (out / "projection.png").is_file()
    tuned = sparring.load(out / "tuned.safetensors")
    assert not torch.equal(tuned.render(latents), sparring.load(run).render(latents))
    say("latent", "sample", run, "--latents", out / "latents.npz", "--out", tmp_path / "again.png")
    assert len(say("latent", "project", run, pictures, *options).splitlines()) < len(output.splitlines())
    with pytest.raises(SparringError, match="holds a search for other images, or with other settings"):
        say("latent", "project", run, pictures, *options, "--seed", 1)


@pytest.mark.usefixtures("perceptual")
def test_a_stopped_projection_ends_with_the_same_numbers(
    run: Path, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    options = ("--steps", 20, "--tune", 4)
    say("latent", "project", run, pictures, *options, "--out", whole)
    step, steps = LatentProjection.step, []

    def stopping(projection: LatentProjection) -> torch.Tensor:
        steps.append(None)
        if len(steps) == 12:
            raise KeyboardInterrupt
        return step(projection)

    monkeypatch.setattr(LatentProjection, "step", stopping)
    CliRunner().invoke(app, ["latent", "project", str(run), str(pictures), *map(str, options), "--out", str(parted)])
    assert not (parted / "latents.npz").exists()
    say("latent", "project", run, pictures, *options, "--out", parted)
    assert len(steps) < 2 * 20 + 12
    one, other = (read_latents(folder / "latents.npz") for folder in (whole, parted))
    assert torch.equal(one.points, other.points)
    one_tuned, other_tuned = (sparring.load(folder / "tuned.safetensors").sample(2) for folder in (whole, parted))
    assert torch.equal(one_tuned, other_tuned)


@pytest.mark.parametrize("command", ["sefa", "pca"])
def test_directions_are_found_shown_and_gone_along(run: Path, tmp_path: Path, command: str) -> None:
    out = tmp_path / "some.png"
    output = say("latent", command, run, "--directions", 2, "--layers", "0-3", "--columns", 3, "--out", out)
    assert "some-directions.npz: 2 directions of w, of strengths" in output
    assert len(read_latents(tmp_path / "some.npz")) == 2 * 3
    directions = tmp_path / "some-directions.npz"
    say("latent", "edit", run, directions, "--index", 1, "--count", 2, "--columns", 5, "--out", tmp_path / "edit.png")
    points = read_latents(tmp_path / "edit.npz").points.view(2, 5, 6, 8)
    moved = points[:, 4] - points[:, 2]
    assert torch.allclose(moved[0], moved[1], atol=1e-5)
    assert moved[0, :4].norm() > 0
    assert torch.allclose(moved[0, 4:], torch.zeros(2, 8), atol=1e-5)
    with pytest.raises(SparringError, match="--index: got 7; there are 2 directions"):
        say("latent", "edit", run, directions, "--index", 7)


def test_a_label_makes_a_direction_of_any_model(plain: Path, tmp_path: Path) -> None:
    say("latent", "sample", plain, "--count", 40, "--out", tmp_path / "some.png")
    points = read_latents(tmp_path / "some.npz").points
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join(str(int(value > 0)) for value in points[:, 1]))
    labelled = ("--latents", tmp_path / "some.npz", "--labels", labels)
    assert "1 directions of z" in say("latent", "boundary", plain, *labelled)
    labels.write_text("1\n0\nmaybe")
    with pytest.raises(SparringError, match="holds 'maybe'; needs a 0 or a 1"):
        say("latent", "boundary", plain, *labelled)
    labels.write_text("1\n0")
    with pytest.raises(SparringError, match="of 2 labels hold, for 40 latents"):
        say("latent", "boundary", plain, *labelled)


def test_what_holds_no_directions_is_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(SparringError, match="there are no directions at"):
        say("latent", "edit", run, tmp_path / "none.npz")
    save_latents(tmp_path / "some.npz", Latents("w", torch.zeros(2, 8)))
    with pytest.raises(SparringError, match="no file of directions"):
        say("latent", "edit", run, tmp_path / "some.npz")


REFUSED = [
    (("sample", "--truncation", "1.5"), "truncation: got 1.5"),
    (("sample", "--space", "v"), "space: got 'v'"),
    (("sample", "--out", "some.gif"), r"needs the name of a \.png"),
    (("sample", "--latents", "none.npz"), "there are no latents at none.npz"),
    (("sample", "--class", "cat"), "not conditional"),
    (("interpolate", "--along", "round"), "--along: got 'round'"),
    (("interpolate", "--along", "spherical", "--space", "w"), "w is no sphere"),
    (("interpolate", "--count", "1"), "needs two or more"),
    (("interpolate", "--fps", "5", "--out", "paths.png"), "paths.png does not move"),
    (("mix", "--layers", "fine"), "has those from 0 to 5"),
    (("compose", "--take", "first:coarse"), "write LATENT:LAYERS"),
    (("compose", "--take", "7:coarse"), "there are 3 latents"),
]


@pytest.mark.parametrize(("command", "message"), REFUSED)
def test_what_cannot_be_is_refused(run: Path, command: tuple[str, ...], message: str) -> None:
    name, *options = command
    with pytest.raises(SparringError, match=message):
        say("latent", name, run, *options)


@pytest.mark.parametrize("command", [("sample", "--truncation", "0.7"), ("mix",), ("sample", "--space", "w")])
def test_a_model_without_styles_has_no_mean_latent(plain: Path, command: tuple[str, ...]) -> None:
    name, *options = command
    with pytest.raises(SparringError, match="DCGANGenerator has only z; w, w"):
        say("latent", name, plain, *options)


def test_latents_of_another_model_are_refused(run: Path, tmp_path: Path) -> None:
    save_latents(tmp_path / "other.npz", Latents("w", torch.zeros(2, 5)))
    with pytest.raises(SparringError, match=r"got w \[2, 5\]; this model's w are \[N, 8\]"):
        say("sample", run, "--latents", tmp_path / "other.npz")
