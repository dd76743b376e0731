from hypothesis import given
from hypothesis import strategies as st

from app.domain.channel_words import ChannelWords
from app.domain.transcript import Word
from tests.unit.domain.strategies import words


def test_a_word_of_a_channel_is_certainly_its_speakers() -> None:
    channels = ChannelWords(2)
    word = Word(word="hello", start=1.0, end=1.4)
    channels.add(1, [word])
    (told,) = channels.told(1, [word])
    assert (told.speaker_label, told.speaker_confidence, told.runner_up) == ("SPEAKER_01", 1.0, None)
    assert not told.overlap


@given(st.lists(words(most=20), min_size=3, max_size=3))
def test_a_word_is_overlapped_if_one_on_another_channel_was_said_meanwhile(
    spoken: list[tuple[Word, ...]],
) -> None:
    channels = ChannelWords(3)
    for number, own in enumerate(spoken):
        channels.add(number, own)
    for number, own in enumerate(spoken):
        others = [word for channel, said in enumerate(spoken) if channel != number for word in said]
        assert [word.overlap for word in channels.told(number, own)] == [
            any(word.range.overlap(other.range) > 0 for other in others) for word in own
        ]
