"""When an evaluation is due, and what it measures."""

import torch

from sparring.listeners.evaluation import Evaluation


def test_evaluation_scores_only_when_it_is_due(view):
    evaluation = Evaluation(every=128, measures={"mean": lambda images: float(images.mean())}, count=8)
    scores = []
    for _ in range(4):
        view.advance()
        scores.append(evaluation.score(view))
    assert [sorted(score) for score in scores] == [[], ["mean"], [], ["mean"]]
    assert scores[1] == scores[3]  # the same weights, the same latents, the same score


def test_less_is_better_of_every_measure():
    assert Evaluation(1, {"one": float, "two": float}).score_directions == {"one": "lower", "two": "lower"}


def test_every_measure_sees_the_same_images_on_the_cpu(view):
    samples = []

    def remember(images):
        samples.append(images)
        return 1

    view.advance()
    evaluation = Evaluation(every=1, measures={"one": remember, "two": remember}, count=6)
    assert evaluation.score(view) == {"one": 1.0, "two": 1.0}
    assert samples[0].shape == (6, 1, 8, 8)
    assert torch.equal(*samples)
    assert samples[0].device.type == "cpu"
    assert not samples[0].requires_grad


def test_a_game_that_makes_no_samples_has_its_own_scores(silent):
    silent.advance()
    assert Evaluation(every=1, measures={}, game_directions={"own": "higher"}).score(silent) == {"own": 1.0}
