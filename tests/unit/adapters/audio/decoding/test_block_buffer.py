import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.outbound.audio.decoding.block_buffer import BlockBuffer, Samples


class Emitted(list[Samples]):
    """Copies of the blocks, as a pipe would have them."""

    def __call__(self, block: Samples) -> None:
        self.append(block.copy())


@given(lengths=st.lists(st.integers(0, 50)), size=st.integers(1, 20), channels=st.integers(1, 3))
def test_what_goes_in_comes_out_in_blocks_of_one_size(lengths: list[int], size: int, channels: int) -> None:
    sound = np.linspace(-1, 1, channels * sum(lengths), dtype=np.float32).reshape(channels, -1)
    emitted = Emitted()
    buffer = BlockBuffer(channels=channels, size=size, emit=emitted)
    for part in np.split(sound, np.cumsum(lengths)[:-1], axis=1) if lengths else []:
        buffer.add(part)
    buffer.finish()
    assert all(block.shape[1] == size for block in emitted[:-1])
    assert all(0 < block.shape[1] <= size for block in emitted)
    assert np.array_equal(np.concatenate([*emitted, np.zeros((channels, 0))], axis=1), sound)


@given(before=st.integers(0, 30), total=st.integers(0, 60), size=st.integers(1, 20))
def test_padding_is_silence_up_to_a_total(before: int, total: int, size: int) -> None:
    emitted = Emitted()
    buffer = BlockBuffer(channels=1, size=size, emit=emitted)
    buffer.add(np.ones((1, before), np.float32))
    buffer.pad_to(total)
    buffer.add(np.ones((1, 1), np.float32))
    buffer.finish()
    assert np.concatenate(emitted, axis=1)[0].tolist() == [1.0] * before + [0.0] * (total - before) + [1.0]


def test_channels_that_come_and_go_keep_their_places() -> None:
    emitted = Emitted()
    buffer = BlockBuffer(channels=2, size=4, emit=emitted)
    buffer.add(np.full((2, 4), 0.1, np.float32))
    buffer.add(np.full((1, 2), 0.2, np.float32))
    buffer.add(np.full((3, 2), 0.3, np.float32))
    expected = [[[0.1] * 4, [0.1] * 4], [[0.2, 0.2, 0.3, 0.3], [0.0, 0.0, 0.3, 0.3]]]
    assert np.array_equal(emitted, np.array(expected, np.float32))


def test_numbers_that_are_no_sound_become_some() -> None:
    emitted = Emitted()
    buffer = BlockBuffer(channels=1, size=6, emit=emitted)
    buffer.add(np.array([[np.nan, np.inf, -np.inf, 1e30, -7.0, 0.5]], np.float32))
    assert emitted[0].tolist() == [[0.0, 1.0, -1.0, 1.0, -1.0, 0.5]]
