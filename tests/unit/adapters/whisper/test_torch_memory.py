"""What the decoder remembers, and that moving it about loses nothing."""

import pytest
import torch

from app.adapters.outbound.whisper.torch_memory import Past, Sound

pytestmark = pytest.mark.slow


def sound(windows: int) -> Sound:
    """Each window's numbers are its own index."""
    own = torch.arange(windows, dtype=torch.float32)
    heard = own[:, None, None, None].repeat(1, 2, 3, 4)
    return Sound(own[:, None, None].repeat(1, 3, 8), [(heard.clone(), heard.clone())])


def heard_in_rows(each: Sound) -> list[list[float]]:
    return [tensor[:, 0, 0, 0].tolist() for tensor in each.attended[0]]


@pytest.mark.parametrize(
    ("kept", "order"),
    [
        ([0, 1, 2, 3], [0, 1, 2, 3]),
        ([1, 3], [3, 1]),
        ([0, 1], [0, 1]),
        ([2, 3], [2, 3]),
        ([3], [3]),
        ([0, 3], [0, 3]),
    ],
)
def test_rows_that_go_on_come_first_and_the_others_stay_known(kept: list[int], order: list[int]) -> None:
    four = sound(4)
    assert four.move_to_front(kept) == order
    assert four.windows[: len(kept)] == order
    assert heard_in_rows(four) == [four.windows, four.windows]
    assert sorted(four.windows) == [0, 1, 2, 3]


def test_windows_are_found_after_rows_have_moved() -> None:
    four = sound(4)
    four.move_to_front([2, 3])
    some = four.of_windows([3, 0])
    assert some.states[:, 0, 0].tolist() == [3.0, 0.0]
    assert heard_in_rows(some) == [[3.0, 0.0]] * 2
    assert some.windows == [0, 1]


def test_all_windows_as_they_are_need_no_copy() -> None:
    four = sound(4)
    assert four.of_windows(range(4)) is four


def test_the_past_goes_on_with_the_rows_that_are_kept() -> None:
    past = Past(torch.zeros(1), (1, 4, 1, 5, 2))
    for token in range(2):
        new = torch.arange(4.0)[:, None, None, None].repeat(1, 1, 1, 2) + 10 * token
        past.rows = 4
        keys, _ = past.extend(0, new, -new)
        past.advance(1)
    assert keys[:, 0, :, 0].tolist() == [[0, 10], [1, 11], [2, 12], [3, 13]]
    past.keep([2, 2, 0])
    keys, values = past.extend(0, torch.full((3, 1, 1, 2), 20.0), torch.full((3, 1, 1, 2), -20.0))
    assert keys[:, 0, :, 0].tolist() == [[2, 12, 20], [2, 12, 20], [0, 10, 20]]
    assert torch.equal(values, -keys)
