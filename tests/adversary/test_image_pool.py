"""The history of generated images: what it shows, what it keeps, and that it is the game's state."""

import torch
from torch import Tensor

from sparring.adversary.image_pool import ImagePool


def numbered(start: int, count: int) -> Tensor:
    return torch.arange(start, start + count, dtype=torch.float32).view(-1, 1, 1, 1)


def test_the_first_images_fill_it_and_are_shown_themselves() -> None:
    history, random = ImagePool(5, (1, 1, 1)), torch.Generator().manual_seed(0)
    for start, count in ((0, 2), (2, 3)):
        assert torch.equal(history.query(numbered(start, count), random), numbered(start, count))
    assert torch.equal(history.images, numbered(0, 5))
    assert int(history.count) == 5


def test_it_is_the_published_pool_one_image_after_the_other() -> None:
    """Written out with lists: with probability one half an old image is shown, and the new one takes its place."""
    history, random = ImagePool(3, (1, 1, 1)), torch.Generator().manual_seed(1)
    pool: list[float] = []
    twin = torch.Generator().manual_seed(1)
    for start in range(0, 60, 4):
        made = numbered(start, 4)
        places, coins = torch.randint(3, (4, 1), generator=twin), torch.rand(4, generator=twin)
        expected = []
        for image, place, coin in zip(made.flatten().tolist(), places.flatten().tolist(), coins.tolist(), strict=True):
            if len(pool) < 3:
                pool.append(image)
                expected.append(image)
            elif coin < 0.5:
                expected.append(pool[place])
                pool[place] = image
            else:
                expected.append(image)
        assert history.query(made, random).flatten().tolist() == expected
        assert history.images.flatten().tolist() == (pool + [0.0] * 3)[:3]


def test_half_of_what_is_shown_is_old_and_an_image_stays_twice_the_size_long() -> None:
    history, random = ImagePool(50, (1, 1, 1)), torch.Generator().manual_seed(2)
    history.query(numbered(-50, 50), random)
    made = numbered(0, 8000)
    ages = (made - torch.cat([history.query(part, random) for part in made.split(100)])).flatten()
    old = ages[ages != 0]
    assert abs(len(old) / 8000 - 0.5) < 0.02  # 0.0056 is a standard deviation
    assert abs(old.mean() - 100) < 6  # geometric of 1/100: 1.6 is one


def test_its_state_is_saved_and_goes_on_where_it_was() -> None:
    whole, random = ImagePool(4, (2, 3, 3)), torch.Generator().manual_seed(3)
    made = torch.randn(30, 2, 3, 3, generator=torch.Generator().manual_seed(4))
    for part in made[:15].split(3):
        whole.query(part, random)
    again = ImagePool(4, (2, 3, 3))
    again.load_state_dict(whole.state_dict())
    state = random.get_state()
    rest = [whole.query(part, random) for part in made[15:].split(3)]
    random.set_state(state)
    assert all(torch.equal(one, again.query(part, random)) for one, part in zip(rest, made[15:].split(3), strict=True))
    assert torch.equal(whole.images, again.images)


def test_gradients_reach_what_was_made_now_and_nothing_older() -> None:
    history, random = ImagePool(2, (1, 1, 1)), torch.Generator().manual_seed(5)
    history.query(numbered(0, 2), random)
    made = numbered(2, 20).requires_grad_()
    shown = history.query(made, random)
    (slope,) = torch.autograd.grad(shown.sum(), made)
    assert torch.equal(slope, (shown == made).float())
    assert not history.images.requires_grad


def test_without_a_size_all_is_shown_as_it_is() -> None:
    history, random = ImagePool(0, (1, 1, 1)), torch.Generator()
    made = numbered(0, 3)
    assert history.query(made, random) is made
