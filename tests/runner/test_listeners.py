"""The listeners that a recipe asks for."""

import json
from pathlib import Path

import numpy as np

import sparring


def test_hidden_colours_of_the_data_change_neither_training_nor_its_score(shrink, tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (12, 16, 16, 4), dtype=np.uint8)
    images[:, :8, :, 3] = 0  # the upper half is transparent
    hidden = images.copy()
    hidden[:, :8, :, :3] = 255 - images[:, :8, :, :3]
    logs = []
    for name, pixels in (("one", images), ("other", hidden)):
        np.save(tmp_path / f"{name}.npy", pixels)
        recipe = shrink(
            "stylegan2", f"data.path={tmp_path / name}.npy", "data.size=16", "channels=rgba", "penalties=[]"
        )
        sparring.train(recipe, tmp_path / name)
        lines = [json.loads(line) for line in (tmp_path / name / "log.jsonl").read_text().splitlines()]
        logs.append([(line["losses"], line["scores"]) for line in lines])
    assert logs[0] == logs[1]
    assert any("sliced_wasserstein" in scores for _, scores in logs[0])
