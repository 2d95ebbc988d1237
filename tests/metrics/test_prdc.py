"""One look at all distances gives what two do."""

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.density_coverage import DC, density_coverage
from sparring.metrics.metric import MetricInputs, SampleStatistics
from sparring.metrics.prdc import PRDC, prdc
from sparring.metrics.precision_recall import PR, precision_recall


@pytest.fixture
def sets():
    random = torch.Generator().manual_seed(0)
    return torch.randn(1100, 200, generator=random), torch.randn(1050, 200, generator=random)


@pytest.mark.parametrize(("k", "density_k"), [(3, 5), (5, 5), (4, 2)])
def test_one_look_gives_what_two_do(sets, k, density_k):
    assert prdc(*sets, k, density_k) == (precision_recall(*sets, k), density_coverage(*sets, density_k))


def test_metric_gives_the_values_of_both_metrics_under_their_names(sets):
    real, fake = sets
    inputs = MetricInputs(SampleStatistics(len(real), features=real), SampleStatistics(len(fake), features=fake))
    assert PRDC().measure(inputs) == (*PR().measure(inputs), *DC().measure(inputs))
    assert PRDC.directions == PR.directions | DC.directions


def test_two_gaussian_samples_in_many_dimensions_have_the_values_of_the_definitions():
    # The published .477, .471, 1.056 and .973 are of 10,000 samples: benchmarks/neighbours.py finds such numbers.
    random = torch.Generator().manual_seed(0)
    real, fake = (torch.randn(1000, 1000, generator=random) for _ in range(2))
    across, *within = (
        torch.cdist(one.double(), other.double()) for one, other in ((real, fake), (real, real), (fake, fake))
    )
    real_radii, fake_radii = (distances.sort(1).values[:, 5] for distances in within)
    inside = across <= real_radii[:, None]
    ours, theirs = prdc(real, fake, 5, 5)
    assert ours.precision == pytest.approx(inside.any(0).double().mean().item(), abs=1e-12)
    assert ours.recall == pytest.approx((across <= fake_radii).any(1).double().mean().item(), abs=1e-12)
    assert theirs.density == pytest.approx(inside.double().sum(0).mean().item() / 5, abs=1e-12)
    assert theirs.coverage == pytest.approx(inside.any(1).double().mean().item(), abs=1e-12)


def test_too_few_samples_are_refused():
    with pytest.raises(MetricError, match="density and coverage with k = 5: 5 real samples are too few"):
        prdc(torch.zeros(5, 2), torch.zeros(9, 2))
    with pytest.raises(MetricError, match="precision and recall with k = 3: 3 fake samples are too few"):
        prdc(torch.zeros(9, 2), torch.zeros(3, 2))
