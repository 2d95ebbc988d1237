"""The event files of TensorBoard, and the error where it is missing."""

import sys

import pytest

from sparring.errors import MissingExtraError
from sparring.listeners.tensorboard import TensorBoard


def test_missing_tensorboard_is_an_error_that_names_the_install_command(view, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingExtraError, match=r'pip install "sparring\[tensorboard\]"'):
        TensorBoard(every=64).begin(view)


@pytest.mark.filterwarnings("default")  # TensorBoard's own imports are not ours to keep quiet
def test_scalars_and_grids_are_written_by_images_shown(view):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    listener = TensorBoard(every=128, count=4)
    listener.begin(view)
    for _ in range(2):
        view.advance()
        listener.step(view)
        listener.record(view, view.take_record(sliced_wasserstein=0.25))
    listener.end(view, "finished")

    events = EventAccumulator(str(view.folder / "tensorboard")).Reload()
    losses = events.Scalars("losses/discriminator/adversarial")
    assert [(event.step, event.value) for event in losses] == [(64, 1.25), (128, 1.25)]
    assert events.Scalars("scores/sliced_wasserstein")[-1].value == 0.25
    assert [event.step for event in events.Images("samples")] == [128]


def test_ending_before_the_beginning_is_no_error(view):
    TensorBoard(every=64).end(view, "failed")
