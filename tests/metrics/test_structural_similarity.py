"""SSIM and MS-SSIM against their definitions, and how alike the images of a set are."""

import math

import pytest
import torch
from torch.nn import functional

from sparring.errors import MetricError
from sparring.metrics.metric import MetricInputs, SampleStatistics
from sparring.metrics.structural_similarity import (
    MSSSIM,
    multiscale_structural_similarity,
    pairwise_similarity,
    scale_weights,
    structural_similarity,
)


def random_images(*shape, seed=0):
    return (torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) * 255).round().to(torch.uint8)


def places_of(one, other):
    """SSIM and contrast-structure at every place of two images [C, H, W], 0 to 255, as Wang et al. write them."""
    size = min(11, *one.shape[1:])
    sigma = 1.5 * size / 11
    window = torch.tensor(
        [
            [math.exp(-((i - (size - 1) / 2) ** 2 + (j - (size - 1) / 2) ** 2) / 2 / sigma**2) for j in range(size)]
            for i in range(size)
        ],
        dtype=torch.float64,
    )
    window /= window.sum()
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    for channel in range(one.shape[0]):
        for i in range(one.shape[1] - size + 1):
            for j in range(one.shape[2] - size + 1):
                x, y = (image[channel, i : i + size, j : j + size] for image in (one, other))
                mu, nu = (window * x).sum(), (window * y).sum()
                var_x, var_y = (window * (x - mu) ** 2).sum(), (window * (y - nu) ** 2).sum()
                cov = (window * (x - mu) * (y - nu)).sum()
                contrast = (2 * cov + c2) / (var_x + var_y + c2)
                yield (2 * mu * nu + c1) / (mu**2 + nu**2 + c1) * contrast, contrast


def mean_terms(one, other):
    terms = torch.tensor(list(places_of(one, other)), dtype=torch.float64)
    return terms.mean(0).tolist()


def test_ssim_is_its_definition():
    one, other = random_images(2, 3, 14, 17), random_images(2, 3, 14, 17, seed=1)
    other = ((one.double() + other.double()) / 2).round().to(torch.uint8)
    expected = [mean_terms(a.double(), b.double())[0] for a, b in zip(one, other, strict=True)]
    assert structural_similarity(one, other).tolist() == pytest.approx(expected, rel=1e-6)


def test_ssim_under_a_small_image_has_a_window_of_its_size():
    one, other = random_images(1, 1, 8, 9), random_images(1, 1, 8, 9, seed=1)
    assert structural_similarity(one, other).item() == pytest.approx(mean_terms(one[0].double(), other[0].double())[0])


def test_ms_ssim_is_its_definition_at_28_pixels():
    one = random_images(1, 1, 28, 28).double()
    other = one * 0.7 + random_images(1, 1, 28, 28, seed=1).double() * 0.3
    product, weights = 1.0, [0.0448, 0.2856, 0.3001]
    for scale, weight in enumerate(weights):
        a, b = (functional.avg_pool2d(image, 2**scale)[0] for image in (one, other))
        whole, contrast = mean_terms(a, b)
        product *= (whole if scale == 2 else contrast) ** (weight * 1.0001 / sum(weights))
    result = multiscale_structural_similarity(one / 127.5 - 1, other / 127.5 - 1)
    assert result.item() == pytest.approx(product, rel=1e-9)
    assert result.dtype == torch.float64


def similar_images(channels):
    one = random_images(3, channels, 180, 190)
    return one.double() / 255, (one.double() * 0.6 + random_images(3, channels, 180, 190, seed=1).double() * 0.4) / 255


@pytest.mark.parametrize("channels", [1, 3])
def test_ssim_agrees_with_torchmetrics_inside_of_its_padded_border(channels):
    peer = pytest.importorskip("torchmetrics.functional.image")
    one, other = similar_images(channels)
    _, places = peer.structural_similarity_index_measure(one, other, data_range=1.0, return_full_image=True)
    expected = places[:, :, 5:-5, 5:-5].mean((1, 2, 3))
    assert structural_similarity(2 * one - 1, 2 * other - 1).tolist() == pytest.approx(expected.tolist(), rel=1e-6)


def test_ms_ssim_agrees_with_pytorch_msssim_where_all_scales_fit():
    peer = pytest.importorskip("pytorch_msssim")
    # At odd sides it pads before halving, where we leave the last row out: hence 176 = 11 · 2⁴.
    one, other = (images[:, :, :176, :176] for images in similar_images(channels=1))
    expected = peer.ms_ssim(one, other, data_range=1.0, size_average=False)
    result = multiscale_structural_similarity(2 * one - 1, 2 * other - 1)
    assert result.tolist() == pytest.approx(expected.tolist(), rel=1e-5)  # its window is float32


def test_an_image_is_wholly_similar_to_itself_and_order_does_not_matter():
    one, other = random_images(4, 3, 40, 32), random_images(4, 3, 40, 32, seed=1)
    assert multiscale_structural_similarity(one, one).tolist() == pytest.approx([1.0] * 4)
    forth, back = multiscale_structural_similarity(one, other), multiscale_structural_similarity(other, one)
    assert forth.tolist() == pytest.approx(back.tolist())


def test_a_negative_image_counts_as_wholly_different_instead_of_nan():
    one = random_images(1, 1, 32, 32)
    assert structural_similarity(one, 255 - one).item() < 0
    assert multiscale_structural_similarity(one, 255 - one).item() == 0.0


@pytest.mark.parametrize(
    ("side", "scales"), [(6, 1), (28, 3), (32, 3), (64, 4), (111, 4), (112, 5), (128, 5), (512, 5)]
)
def test_small_images_have_fewer_scales_whose_weights_sum_to_the_same(side, scales):
    assert len(scale_weights(side, 2 * side)) == scales
    assert sum(scale_weights(side, 2 * side)) == pytest.approx(1.0001)


def test_large_images_have_the_published_weights():
    assert scale_weights(176, 176) == (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def test_bytes_and_floats_of_the_same_images_give_the_same_value():
    one, other = random_images(2, 1, 16, 16), random_images(2, 1, 16, 16, seed=1)
    floats = multiscale_structural_similarity(one.float() / 127.5 - 1, other.float() / 127.5 - 1)
    assert torch.equal(floats, multiscale_structural_similarity(one, other))


def test_pairwise_similarity_is_the_mean_over_pairs_and_repeats_with_the_seed():
    images = (128 + random_images(3, 1, 16, 16) / 2).to(torch.uint8)
    images[:, :, :8] //= 4  # something in common, so that similarities are positive
    values = [multiscale_structural_similarity(images[[a]], images[[b]]).item() for a, b in ((0, 1), (0, 2), (1, 2))]
    mean = pairwise_similarity(images, pairs=3000)
    assert mean.value == pytest.approx(sum(values) / 3, abs=4 * mean.error)
    assert mean.value == pairwise_similarity(images, pairs=3000).value
    assert mean.value != pairwise_similarity(images, pairs=3000, seed=1).value


def test_labels_keep_pairs_within_their_class():
    images = random_images(2, 1, 16, 16).repeat_interleave(5, 0)  # two classes of copies
    labels = torch.arange(2).repeat_interleave(5)
    assert pairwise_similarity(images, labels, pairs=50).value == pytest.approx(1.0)
    assert pairwise_similarity(images, pairs=50).value < 0.9


def test_a_collapsed_set_is_more_like_itself_than_the_real_one():
    real = random_images(20, 1, 28, 28)
    collapsed = (real[:1].float() * 0.9 + random_images(20, 1, 28, 28, seed=2).float() * 0.1).to(torch.uint8)
    fake, own = MSSSIM(pairs=60).measure(
        MetricInputs(SampleStatistics(20, images=real), SampleStatistics(20, images=collapsed))
    )
    assert (fake.name, own.name) == tuple(MSSSIM.directions)
    assert fake.value > 0.9 > 0.3 > own.value
    assert fake.deviation > 0
    assert fake.how == "standard error over 60 pairs of any class; 3 scales"


def test_the_metric_pairs_within_classes_only_where_both_sets_have_labels():
    images, labels = random_images(12, 1, 16, 16), torch.arange(12) % 2
    labelled, plain = SampleStatistics(12, images=images, labels=labels), SampleStatistics(12, images=images)
    both = MSSSIM(pairs=40).measure(MetricInputs(labelled, labelled))
    one = MSSSIM(pairs=40).measure(MetricInputs(plain, labelled))
    assert "of one class" in both[0].how
    assert both[0].value == both[1].value
    assert "of any class" in one[0].how
    assert one[0].value == one[1].value


def test_batches_that_do_not_pair_up_are_refused():
    with pytest.raises(MetricError, match="got 2 images and 3"):
        structural_similarity(random_images(2, 1, 16, 16), random_images(3, 1, 16, 16))
    with pytest.raises(MetricError, match="differ in shape"):
        multiscale_structural_similarity(random_images(2, 1, 16, 16), random_images(2, 3, 16, 16))


def test_one_image_has_no_pairs():
    with pytest.raises(MetricError, match="1 given images are too few"):
        pairwise_similarity(random_images(1, 1, 16, 16))
