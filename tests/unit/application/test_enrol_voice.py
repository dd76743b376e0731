"""From a stretch of a recording to a voice that is known."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.adapters.outbound.audio.in_place import InPlaceAudioStore
from app.adapters.outbound.persistence.memory import MemoryClipRepository
from app.adapters.outbound.persistence.memory_voices import MemoryVoiceRepository
from app.adapters.outbound.voice_activity.energy import EnergyVoiceActivity
from app.application.delete_voice import DeleteVoice
from app.application.enrol_voice import EnrolVoice
from app.application.list_voices import ListVoices
from app.domain.audio import AudioClip
from app.domain.diarization import ChunkDiarization
from app.domain.errors import Conflict, EngineUnavailable, InvalidAudio, InvalidOptions, NotFound
from app.domain.ports import AudioDecoder, DiarizationPort
from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerTurn
from tests.fakes import FakeClock
from tests.unit.application.stage import OracleDiarizer, ToneDecoder

ANY_FILE = Path(__file__)


def turns(*spoken: tuple[str, float, float]) -> list[SpeakerTurn]:
    return [SpeakerTurn(speaker_label=who, start=start, end=end) for who, start, end in spoken]


TALK = turns(("anna", 2.0, 12.0), ("bert", 13.0, 27.0), ("anna", 28.0, 29.0), ("bert", 30.0, 31.0))


class Enrolling:
    """The use case over one clip whose id is "clip"."""

    def __init__(
        self, spoken: Sequence[SpeakerTurn] = TALK, *, duration_s: float = 60.0, **decoding: object
    ) -> None:
        speech = [turn.range for turn in spoken]
        self.decoder = ToneDecoder(duration_s, speech, **decoding)  # type: ignore[arg-type]
        self.diarizer = OracleDiarizer(spoken)
        self.voices = MemoryVoiceRepository()

    async def use_case(
        self, *, diarization: DiarizationPort | None = None, decoder: AudioDecoder | None = None
    ) -> EnrolVoice:
        clips, store = MemoryClipRepository(), InPlaceAudioStore()
        await store.put("clip", ANY_FILE)
        await clips.add(
            AudioClip(
                id="clip",
                filename="talk.wav",
                size_bytes=1,
                duration=self.decoder.duration_s,
                sha256="0",
                media_type="audio/wav",
                created_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )
        return EnrolVoice(
            clips=clips,
            audio_store=store,
            decoder=decoder or self.decoder,
            voice_activity=EnergyVoiceActivity(),
            diarization=diarization or self.diarizer,
            voices=self.voices,
            clock=FakeClock(),
        )


async def test_a_voice_is_learnt_from_a_part_of_a_clip() -> None:
    stage = Enrolling()
    enrolled = await (await stage.use_case()).execute(" Anna ", "clip", start=1.5, end=12.5)
    assert (enrolled.voice.name, enrolled.is_new, enrolled.mistakable_for) == ("Anna", True, ())
    (heard,) = enrolled.voice.prints
    assert (heard.model, heard.embedding.tolist()) == ("names", [1.0, 0.0])
    assert heard.seconds == pytest.approx(10.0)
    assert [voice.id for voice in await ListVoices(voices=stage.voices).execute()] == [enrolled.voice.id]


async def test_the_diarizer_hears_that_part_and_nothing_else() -> None:
    stage = Enrolling()
    await (await stage.use_case()).execute("Bert", "clip", start=12.7, end=25.3)
    ((chunk, limit),) = stage.diarizer.asked
    assert limit is None
    assert chunk.core == TimeRange(start=12.7, end=25.3)
    assert (chunk.waveform.start_s, chunk.waveform.end_s) == pytest.approx((12.7, 25.3), abs=1e-4)
    (spoken,) = chunk.speech
    assert (spoken.start, spoken.end) == pytest.approx((13.0, 25.3), abs=0.1)
    inside = chunk.waveform.cut(TimeRange(start=13.1, end=25.2))
    assert abs(inside).max() > 0.1
    assert not chunk.waveform.cut(TimeRange(start=12.7, end=12.9)).any()


async def test_nothing_past_the_end_of_the_part_is_decoded() -> None:
    stage = Enrolling(duration_s=36_000.0)
    await (await stage.use_case()).execute("Anna", "clip", end=12.0)
    assert stage.decoder.blocks_given <= 3
    assert stage.decoder.closed


async def test_a_whole_file_can_be_given_and_is_read_in_place() -> None:
    stage = Enrolling(turns(("anna", 1.0, 9.0)), duration_s=10.0)
    enrolled = await (await stage.use_case()).execute("Anna", ANY_FILE)
    assert enrolled.voice.prints[0].seconds == pytest.approx(8.0)


async def test_a_known_name_is_added_to() -> None:
    stage = Enrolling()
    enrol = await stage.use_case()
    first = await enrol.execute("Bert", "clip", start=12.5, end=20.0)
    more = await enrol.execute("BERT", "clip", start=20.0, end=27.5)
    assert (first.is_new, more.is_new) == (True, False)
    assert (more.voice.id, more.voice.name) == (first.voice.id, "Bert")
    assert more.voice.prints[0].seconds > first.voice.prints[0].seconds


async def test_another_person_is_not_added_to_a_known_name() -> None:
    stage = Enrolling()
    enrol = await stage.use_case()
    known = await enrol.execute("Anna", "clip", start=1.5, end=12.5)
    with pytest.raises(Conflict, match=rf"'Anna'.*{known.voice.id}"):
        await enrol.execute("anna", "clip", start=12.5, end=27.5)
    assert (await stage.voices.list())[0].prints[0].seconds == known.voice.prints[0].seconds


async def test_who_sounds_like_somebody_known_is_told_of() -> None:
    stage = Enrolling()
    enrol = await stage.use_case()
    await enrol.execute("Anna", "clip", start=1.5, end=12.5)
    again = await enrol.execute("Hanna", "clip", start=1.5, end=12.5)
    assert again.mistakable_for == ("Anna",)


@pytest.mark.parametrize(
    ("start", "end", "option"),
    [
        (-1.0, 5.0, "start"),
        (60.0, None, "start"),
        (math.nan, None, "start"),
        (5.0, 5.0, "end"),
        (5.0, math.inf, "end"),
    ],
)
async def test_an_impossible_part_is_refused_and_nothing_is_decoded(
    start: float, end: float | None, option: str
) -> None:
    stage = Enrolling()
    with pytest.raises(InvalidOptions) as caught:
        await (await stage.use_case()).execute("Anna", "clip", start=start, end=end)
    assert caught.value.option == option
    assert stage.decoder.blocks_given == 0


async def test_a_part_that_is_too_long_is_refused_with_what_to_do() -> None:
    stage = Enrolling(duration_s=600.0)
    with pytest.raises(InvalidOptions, match="at most 120 s, not 600 s: give the start and end"):
        await (await stage.use_case()).execute("Anna", "clip")


async def test_an_end_past_the_recordings_is_its_end() -> None:
    stage = Enrolling(turns(("anna", 1.0, 9.0)), duration_s=10.0)
    await (await stage.use_case()).execute("Anna", "clip", end=200.0)
    assert stage.diarizer.asked[0][0].core.end == 10.0


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        (32.0, 59.0, "nobody is heard"),
        (27.8, 29.2, r"1\.0 s of one voice"),
        (7.0, 20.0, r"2 voices .* 7\.0 of 12\.0 s"),
    ],
)
async def test_silence_a_word_and_a_talk_are_no_voice_and_nothing_is_kept(
    start: float, end: float, reason: str
) -> None:
    stage = Enrolling()
    with pytest.raises(InvalidAudio, match=reason):
        await (await stage.use_case()).execute("Anna", "clip", start=start, end=end)
    assert await stage.voices.list() == ()


async def test_a_recording_that_breaks_off_gives_what_it_has() -> None:
    stage = Enrolling(turns(("anna", 1.0, 9.0)), duration_s=10.0, truncated=True)
    stage.decoder.duration_s = 10.0
    broken = stage.decoder
    enrol = await stage.use_case(decoder=broken)
    assert (await enrol.execute("Anna", "clip", end=9.9)).voice.name == "Anna"
    assert (await enrol.execute("Anna", "clip")).is_new is False


async def test_a_recording_that_is_shorter_than_it_said_is_refused_where_it_ended_before() -> None:
    stage = Enrolling(duration_s=60.0)
    enrol = await stage.use_case(decoder=ToneDecoder(20.0, [], truncated=True))
    with pytest.raises(InvalidOptions, match=r"start: .*20\.0 s"):
        await enrol.execute("Anna", "clip", start=30.0)


async def test_without_the_clip_a_name_or_an_engine_there_is_no_voice() -> None:
    stage = Enrolling()
    enrol = await stage.use_case()
    with pytest.raises(NotFound):
        await enrol.execute("Anna", "nobody's clip")
    with pytest.raises(InvalidOptions, match="name"):
        await enrol.execute("SPEAKER_01", "clip")
    enrol._diarization = None
    with pytest.raises(EngineUnavailable, match="diarist doctor"):
        await enrol.execute("Anna", "clip")


async def test_what_breaks_in_the_engine_keeps_nothing() -> None:
    class Broken(OracleDiarizer):
        async def diarize(self, *_: object, **__: object) -> ChunkDiarization:
            raise EngineUnavailable("broken", "it is", "Mend it")

    stage = Enrolling()
    enrol = await stage.use_case(diarization=Broken([]))
    with pytest.raises(EngineUnavailable):
        await enrol.execute("Anna", "clip", end=12.5)
    assert await stage.voices.list() == ()


async def test_a_deleted_voice_is_forgotten() -> None:
    stage = Enrolling()
    enrolled = await (await stage.use_case()).execute("Anna", "clip", start=1.5, end=12.5)
    await DeleteVoice(voices=stage.voices).execute(enrolled.voice.id)
    assert await stage.voices.list() == ()
    with pytest.raises(NotFound):
        await DeleteVoice(voices=stage.voices).execute(enrolled.voice.id)
