"""Channels on their way to a speaker each; two that carry one sound are mixed, for then nobody has one."""

from collections.abc import AsyncIterator, Callable, Iterator

from app.application.closing import closing
from app.domain.audio import Waveform
from app.domain.dual_mono import ChannelWatch, as_silence
from app.domain.errors import AudioTruncated

Block = tuple[Waveform, ...]

MOST_HELD_S = 60.0
"""So much sound is held back, 8 MB, until it is known whether the channels differ; silence does not count."""


async def separate_channels(
    blocks: AsyncIterator[Block], warn: Callable[[str, str], None]
) -> AsyncIterator[Block]:
    """The decoder's blocks with their channels apart, or mixed into one where two channels are one sound.

    It is decided once, on the first sound, for the whole recording. Channels that turn out to differ after
    all stay mixed, so that no word is lost; `warn(code, message)` says from when on.
    """
    watch = ChannelWatch()
    held: list[Block] = []
    held_s = 0.0
    warned = False
    cut: AudioTruncated | None = None
    async with closing(blocks) as stream:
        try:
            async for block in stream:
                if len(block) != 2 or watch.one_sound is False:
                    yield block
                    continue
                watch.hear(*block)
                if watch.one_sound is None:
                    silence = as_silence(block)
                    held.append(silence or block)
                    held_s += 0.0 if silence else block[0].end_s - block[0].start_s
                    if held_s < MOST_HELD_S:
                        continue
                    watch.settle()
                else:
                    held.append(block)
                for each in _released(watch, held, warn):
                    yield each
                if watch.unlike_since_s is not None and not warned:
                    warned = True
                    warn("dual_mono_ended", _ENDED.format(watch.unlike_since_s))
        except AudioTruncated as truncated:
            cut = truncated
        watch.settle()
        for each in _released(watch, held, warn):
            yield each
    if cut is not None:
        raise cut


def _released(watch: ChannelWatch, held: list[Block], warn: Callable[[str, str], None]) -> Iterator[Block]:
    if watch.one_sound and held and held[0][0].start_s == 0:
        warn("dual_mono", _FOUND)
    while held:
        block = held.pop(0)
        yield (watch.mix(*block),) if watch.one_sound else block


_FOUND = (
    "both channels carry the same sound: they were mixed, and speakers are told apart by their voices, "
    "not by channel"
)
_ENDED = (
    "from about {:.0f} s on the channels differ: they stay mixed, and speakers are told apart by their "
    "voices, not by channel"
)
