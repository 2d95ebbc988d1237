"""How good generated samples are, in numbers."""

from sparring.metrics.accumulators import Mean, Moments, Rows
from sparring.metrics.bins import NDB, fill_bins
from sparring.metrics.birthday import Birthday, birthday_test
from sparring.metrics.classification import CAS, classification_accuracy
from sparring.metrics.density_coverage import DC, density_coverage, expected_coverage
from sparring.metrics.equivariance import (
    EQR,
    EQT,
    EQTFrac,
    rotation_equivariance,
    subpixel_equivariance,
    translation_equivariance,
)
from sparring.metrics.frechet import FD, frechet_distance, frechet_distance_of_features
from sparring.metrics.frechet_classes import ClassFD, class_frechet_distances
from sparring.metrics.frechet_infinity import FDInfinity, frechet_infinity
from sparring.metrics.inception_score import IS, inception_score
from sparring.metrics.kernel_distance import KID, kernel_distance, kernel_distance_over_subsets
from sparring.metrics.marginals import W1, marginal_wasserstein
from sparring.metrics.memorization import Authenticity, MiFD, authenticity, memorization_distance
from sparring.metrics.metric import Evidence, Generator, LatentSpace, Metric, Observed, Value
from sparring.metrics.mixture import mixture_mmd, mixture_wasserstein
from sparring.metrics.mmd import MMD, gaussian, median_distance, mmd
from sparring.metrics.modes import Modes, count_modes
from sparring.metrics.neighbours import nearest
from sparring.metrics.normal import Normal
from sparring.metrics.path_length import PPL, PPLW, path_lengths
from sparring.metrics.perceptual_diversity import LPIPS, perceptual_diversity
from sparring.metrics.permutation import PermutationTest, permutation_test
from sparring.metrics.prdc import PRDC, prdc
from sparring.metrics.precision_recall import PR, precision_recall, realism
from sparring.metrics.pyramid import SWD, laplacian_pyramid, pyramid_distances
from sparring.metrics.single_image import SIFD, single_image_frechet_distance
from sparring.metrics.sliced_wasserstein import sliced_wasserstein
from sparring.metrics.spectrum import Spectrum, compare_spectra, power_spectrum
from sparring.metrics.structural_similarity import (
    MSSSIM,
    multiscale_structural_similarity,
    pairwise_similarity,
    structural_similarity,
)
from sparring.metrics.two_sample import C2ST, NearestNeighbourAccuracy, classifier_test, neighbour_test

__all__ = [
    "C2ST",
    "CAS",
    "DC",
    "EQR",
    "EQT",
    "FD",
    "IS",
    "KID",
    "LPIPS",
    "MMD",
    "MSSSIM",
    "NDB",
    "PPL",
    "PPLW",
    "PR",
    "PRDC",
    "SIFD",
    "SWD",
    "W1",
    "Authenticity",
    "Birthday",
    "ClassFD",
    "EQTFrac",
    "Evidence",
    "FDInfinity",
    "Generator",
    "LatentSpace",
    "Mean",
    "Metric",
    "MiFD",
    "Modes",
    "Moments",
    "NearestNeighbourAccuracy",
    "Normal",
    "Observed",
    "PermutationTest",
    "Rows",
    "Spectrum",
    "Value",
    "authenticity",
    "birthday_test",
    "class_frechet_distances",
    "classification_accuracy",
    "classifier_test",
    "compare_spectra",
    "count_modes",
    "density_coverage",
    "expected_coverage",
    "fill_bins",
    "frechet_distance",
    "frechet_distance_of_features",
    "frechet_infinity",
    "gaussian",
    "inception_score",
    "kernel_distance",
    "kernel_distance_over_subsets",
    "laplacian_pyramid",
    "marginal_wasserstein",
    "median_distance",
    "memorization_distance",
    "mixture_mmd",
    "mixture_wasserstein",
    "mmd",
    "multiscale_structural_similarity",
    "nearest",
    "neighbour_test",
    "pairwise_similarity",
    "path_lengths",
    "perceptual_diversity",
    "permutation_test",
    "power_spectrum",
    "prdc",
    "precision_recall",
    "pyramid_distances",
    "realism",
    "rotation_equivariance",
    "single_image_frechet_distance",
    "sliced_wasserstein",
    "structural_similarity",
    "subpixel_equivariance",
    "translation_equivariance",
]
