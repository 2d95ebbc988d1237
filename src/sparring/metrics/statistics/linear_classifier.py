"""Predictions of a linear classifier of features for held-out samples."""

import warnings

import torch
from torch import Tensor

from sparring.errors import MissingExtraError

_ITERATIONS = 200


def fit_and_predict(features: Tensor, labels: Tensor, unseen: Tensor) -> Tensor:
    """Fits a classifier to `features` [N, d] with `labels` [N]; returns its labels [M] for `unseen` [M, d].

    Logistic regression with scikit-learn's defaults (an L2 penalty of strength 1), on features standardised by the mean
    and deviation of `features`; float64.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    try:
        from sklearn.exceptions import ConvergenceWarning  # type: ignore[import-untyped, unused-ignore]
        from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        remedy = 'pip install "sparring[metrics]"'
        raise MissingExtraError(f"a linear classifier needs scikit-learn, which is not installed: {remedy}") from None
    features, unseen = features.detach().cpu().double(), unseen.detach().cpu().double()
    deviation, mean = torch.std_mean(features, 0, correction=0)
    deviation = torch.where(deviation > 0, deviation, 1.0)
    classifier = LogisticRegression(max_iter=_ITERATIONS)
    with warnings.catch_warnings():
        # A classifier that has not converged is still valid: its score is on unseen samples.
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(((features - mean) / deviation).numpy(), labels.cpu().numpy())
    return torch.from_numpy(classifier.predict(((unseen - mean) / deviation).numpy()))
