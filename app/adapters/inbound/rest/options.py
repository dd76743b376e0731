"""Query parameters. Each is named and explained here; what values make sense the domain decides."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.application.formats.cues import CueLayout
from app.domain.options import ChannelMode, SpeakerHints, Task, TranscriptionOptions


class Query(BaseModel):
    """A set of query parameters that admits no others: a misspelt option must not pass unnoticed."""

    model_config = ConfigDict(extra="forbid")


class TranscriptionQuery(Query):
    """What a transcription can be told."""

    diarize: Annotated[bool, Field(description="tell speakers apart", examples=[True])] = True
    language: Annotated[
        str | None, Field(description="ISO 639-1 code; detected when not given", examples=["en"])
    ] = None
    task: Annotated[
        Task, Field(description="transcribe, or translate into English", examples=["transcribe"])
    ] = "transcribe"
    num_speakers: Annotated[
        int | None, Field(description="how many people speak, if known", examples=[2])
    ] = None
    min_speakers: Annotated[int | None, Field(description="at least so many people speak", examples=[1])] = (
        None
    )
    max_speakers: Annotated[int | None, Field(description="at most so many people speak", examples=[4])] = (
        None
    )
    prompt: Annotated[
        str | None, Field(description="text that could come before", examples=["A talk about trains."])
    ] = None
    hotwords: Annotated[
        list[str],
        Field(
            description="words to expect; repeat it, or separate them by commas", examples=[["Oslo,Bergen"]]
        ),
    ] = []
    word_timestamps: Annotated[bool, Field(description="give every word its times", examples=[True])] = True
    channels: Annotated[
        ChannelMode,
        Field(
            description="split: each channel is a speaker of its own; two that carry one sound are mixed",
            examples=["mix"],
        ),
    ] = "mix"
    vad: Annotated[bool, Field(description="false: take everything for speech", examples=[True])] = True
    temperature: Annotated[
        float | None, Field(description="0 (always the likeliest word) to 1", examples=[0.0])
    ] = None
    beam_size: Annotated[int | None, Field(description="1 to 16 guesses side by side", examples=[5])] = None
    multilingual: Annotated[
        bool,
        Field(
            description="detect the language anew in every window, to follow those who switch it",
            examples=[False],
        ),
    ] = False

    def to_options(self) -> TranscriptionOptions:
        """Raises `InvalidOptions`."""
        words = (word.strip() for each in self.hotwords for word in each.split(","))
        return TranscriptionOptions(
            diarize=self.diarize,
            language=self.language,
            task=self.task,
            speakers=SpeakerHints(
                num_speakers=self.num_speakers, min_speakers=self.min_speakers, max_speakers=self.max_speakers
            ),
            prompt=self.prompt,
            hotwords=tuple(word for word in words if word),
            word_timestamps=self.word_timestamps,
            channels=self.channels,
            vad=self.vad,
            temperature=self.temperature,
            beam_size=self.beam_size,
            multilingual=self.multilingual,
        )


class DiarizeQuery(Query):
    """How to tell the speakers of a stored transcript apart."""

    num_speakers: Annotated[
        int | None, Field(description="how many people speak, if known", examples=[3])
    ] = None
    min_speakers: Annotated[
        int | None, Field(description="at least so many people speak", examples=[None])
    ] = None
    max_speakers: Annotated[
        int | None, Field(description="at most so many people speak", examples=[None])
    ] = None
    threshold: Annotated[
        float | None,
        Field(
            description="how alike two voices of one person are at least, between 0 and 1 (cosine); "
            "when not given, as usual for the engine",
            examples=[0.7],
        ),
    ] = None

    def to_hints(self) -> SpeakerHints:
        """Raises `InvalidOptions`."""
        return SpeakerHints(
            num_speakers=self.num_speakers, min_speakers=self.min_speakers, max_speakers=self.max_speakers
        )


class ClipTranscriptionQuery(TranscriptionQuery):
    """The same, and which recording."""

    clip_id: Annotated[
        str, Field(description="the recording", examples=["0198b7a2-6c1e-7d3a-9f40-5b8e2c1d7a64"])
    ]


class ListQuery(Query):
    """Which recordings, and how many at a time."""

    q: Annotated[str, Field(description="a part of the file name, in any case", examples=["interview"])] = ""
    limit: Annotated[int, Field(description="how many at most, 1 to 200", examples=[50])] = 50
    cursor: Annotated[str | None, Field(description="next_cursor of the page before", examples=[None])] = None


class ExportQuery(Query):
    """How to write a transcript. What is not given is as usual for the format."""

    format: Annotated[
        str | None,
        Field(
            description="json, txt, srt, vtt, tsv, rttm (the turns) or ctm (the words); the Accept header "
            "decides when not given",
            examples=["srt"],
        ),
    ] = None
    max_line_width: Annotated[
        int | None, Field(description="srt, vtt: characters on a line, 10 to 1000", examples=[42])
    ] = None
    max_line_count: Annotated[
        int | None, Field(description="srt, vtt: lines of a cue, 1 to 10", examples=[2])
    ] = None
    max_cue_s: Annotated[
        float | None, Field(description="srt, vtt: seconds a cue may last, 1 to 600", examples=[7.0])
    ] = None

    def to_layout(self) -> CueLayout:
        """Raises `InvalidOptions`."""
        return CueLayout(**self.model_dump(exclude={"format"}, exclude_none=True))
