"""Words of recordings with one speaker per channel."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace

from app.domain.transcript import Word


class ChannelWords:
    """Keeps the words of each channel, to tell which were said while somebody spoke on another."""

    def __init__(self, channels: int) -> None:
        self._words: list[list[Word]] = [[] for _ in range(channels)]
        self._longest_s = [0.0] * channels

    def add(self, channel: int, words: Iterable[Word]) -> None:
        """Take the channel's next words, in order of start."""
        if len(self._words) == 1:
            return
        for word in words:
            self._words[channel].append(word)
            self._longest_s[channel] = max(self._longest_s[channel], word.end - word.start)

    def told(self, channel: int, words: Iterable[Word]) -> tuple[Word, ...]:
        """The words with the channel as their speaker, which is certain, and whether others spoke too."""
        label = f"SPEAKER_{channel:02d}"
        return tuple(
            replace(
                word, speaker_label=label, speaker_confidence=1.0, overlap=self._overlapped(channel, word)
            )
            for word in words
        )

    def _overlapped(self, channel: int, word: Word) -> bool:
        return any(
            other.end > word.start
            for number, others in enumerate(self._words)
            if number != channel
            for other in others[
                bisect_left(others, word.start - self._longest_s[number], key=_start) : bisect_left(
                    others, word.end, key=_start
                )
            ]
        )


def _start(word: Word) -> float:
    return word.start
