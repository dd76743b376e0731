"""One channel of one recording on its way from blocks to windows and chunks."""

from collections.abc import Iterator

from app.domain.audio import AudioBuffer, AudioChunk, Waveform
from app.domain.chunks import ChunkPlan
from app.domain.ports import VoiceListener
from app.domain.timeline import TimeRange
from app.domain.voice import SpeechDetector, VoiceActivity, certain_speech
from app.domain.windows import SpeechWindow, WindowPacker, WindowPlan


class EverythingIsSpeech(VoiceListener):
    """Stands in for a voice detector when the caller wants none."""

    def __init__(self) -> None:
        self._heard_s = 0.0

    async def hear(self, block: Waveform) -> VoiceActivity:
        activity = certain_speech(self._heard_s, block.end_s)
        self._heard_s = activity.end_s
        return activity


class ChannelListener:
    """Holds the sound that windows and chunks to come still need, and cuts them from it.

    `numbers` gives each window its index; the channels of a clip share them. `short_first` is the
    `WindowPacker`'s.
    """

    def __init__(
        self,
        clip_id: str,
        channel: int,
        voice: VoiceListener,
        numbers: Iterator[int],
        *,
        short_first: bool = False,
    ) -> None:
        self._clip_id = clip_id
        self.channel = channel
        self._voice = voice
        self._buffer = AudioBuffer()
        self._detector = SpeechDetector()
        self._packer = WindowPacker(short_first=short_first)
        self._speech: list[TimeRange] = []
        self._numbers = numbers

    @property
    def heard_s(self) -> float:
        return self._buffer.end_s

    @property
    def decided_until_s(self) -> float:
        """All speech before this second is known."""
        return self._detector.decided_until

    @property
    def words_from_s(self) -> float:
        """No word of a window to come starts before this second."""
        return self._packer.needs_from_s(self.decided_until_s)

    async def hear(self, block: Waveform) -> list[SpeechWindow]:
        """Take the next block; give the windows that it completes."""
        self._buffer.append(block)
        activity = await self._voice.hear(block)
        # Not only this block: its first frame may have begun in the one before.
        heard = activity.end_s > activity.start_s
        sound = self._buffer.cut(TimeRange(start=activity.start_s, end=activity.end_s)) if heard else None
        plans = self._pack(self._detector.push(activity, sound))
        return self._windows(plans + self._packer.advance(self.decided_until_s))

    def finish(self) -> list[SpeechWindow]:
        """The recording ends here: give the windows that are left."""
        plans = self._pack(self._detector.finish(self.heard_s))
        return self._windows(plans + self._packer.finish(self.heard_s))

    def chunk(self, plan: ChunkPlan) -> AudioChunk:
        inside = (speech.clamp(plan.span) for speech in self._speech)
        return AudioChunk(
            clip_id=self._clip_id,
            index=plan.index,
            core=plan.core,
            waveform=Waveform(samples=self._buffer.cut(plan.span), start_s=plan.span.start),
            speech=tuple(part for part in inside if part is not None),
        )

    def forget(self, chunks_need_from_s: float | None) -> None:
        """Drop the sound that no window to come needs, and no chunk (None: there are no chunks)."""
        needed_from_s = self.words_from_s
        if chunks_need_from_s is not None:
            needed_from_s = min(needed_from_s, chunks_need_from_s)
        self._buffer.drop_before(needed_from_s)
        self._speech = [speech for speech in self._speech if speech.end > needed_from_s]

    def _pack(self, speech: list[TimeRange]) -> list[WindowPlan]:
        self._speech += speech
        return [plan for item in speech for plan in self._packer.add(item)]

    def _windows(self, plans: list[WindowPlan]) -> list[SpeechWindow]:
        return [
            plan.cut(self._buffer, clip_id=self._clip_id, index=next(self._numbers), channel=self.channel)
            for plan in plans
        ]
