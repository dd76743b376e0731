"""What a caller may ask of a transcription, checked before any work starts."""

from dataclasses import dataclass, field, fields
from typing import Literal

from app.domain.engine import EngineInfo
from app.domain.errors import InvalidOptions

Task = Literal["transcribe", "translate"]
ChannelMode = Literal["mix", "split"]

MAX_SPEAKERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerHints:
    """How many people speak on the whole clip: an exact number, or bounds. All may be left open."""

    num_speakers: int | None = None
    min_speakers: int | None = None
    max_speakers: int | None = None

    def __post_init__(self) -> None:
        for name in ("num_speakers", "min_speakers", "max_speakers"):
            value = getattr(self, name)
            if value is not None and not 1 <= value <= MAX_SPEAKERS:
                raise InvalidOptions(name, f"must be between 1 and {MAX_SPEAKERS}, got {value}")
        if self.num_speakers is not None and (self.min_speakers or self.max_speakers):
            raise InvalidOptions("num_speakers", "cannot be combined with min_speakers or max_speakers")
        if self.min_speakers and self.max_speakers and self.min_speakers > self.max_speakers:
            raise InvalidOptions(
                "min_speakers", f"{self.min_speakers} is more than max_speakers {self.max_speakers}"
            )

    @property
    def at_least(self) -> int:
        return self.num_speakers or self.min_speakers or 1

    @property
    def at_most(self) -> int | None:
        return self.num_speakers or self.max_speakers


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionOptions:
    """Everything a transcription can be told. The defaults suit a recording nothing is known about.

    `language` is an ISO 639-1 code, None to detect. `hotwords` are words to expect. `temperature`
    0 is greedy, None leaves it to the engine. `word_timestamps=False` gives segments without their
    words. `vad=False` treats the whole clip as speech. `multilingual` detects the language anew in
    every window, for people who switch it. Raises `InvalidOptions` naming the first option that is
    impossible.
    """

    diarize: bool = True
    language: str | None = None
    task: Task = "transcribe"
    speakers: SpeakerHints = field(default_factory=SpeakerHints)
    prompt: str | None = None
    hotwords: tuple[str, ...] = ()
    word_timestamps: bool = True
    channels: ChannelMode = "mix"
    vad: bool = True
    temperature: float | None = None
    beam_size: int | None = None
    multilingual: bool = False

    def __post_init__(self) -> None:
        if self.language is not None and not (self.language.isalpha() and self.language.islower()):
            raise InvalidOptions("language", f"must be a code such as 'en', got {self.language!r}")
        if self.task not in ("transcribe", "translate"):
            raise InvalidOptions("task", f"must be transcribe or translate, got {self.task!r}")
        if self.channels not in ("mix", "split"):
            raise InvalidOptions("channels", f"must be mix or split, got {self.channels!r}")
        if self.temperature is not None and not 0 <= self.temperature <= 1:
            raise InvalidOptions("temperature", f"must be between 0 and 1, got {self.temperature}")
        if self.beam_size is not None and not 1 <= self.beam_size <= 16:
            raise InvalidOptions("beam_size", f"must be between 1 and 16, got {self.beam_size}")
        if self.multilingual and self.language is not None:
            raise InvalidOptions("multilingual", "detects the language: leave language out")
        if self.channels == "split" and self.speakers != SpeakerHints():
            raise InvalidOptions(
                "channels", "split takes each channel for a speaker: leave speaker counts out"
            )
        if not self.diarize and self.speakers != SpeakerHints():
            raise InvalidOptions("diarize", "speaker counts need diarize=true")

    def require_supported_by(self, engine: EngineInfo) -> None:
        """Raise `InvalidOptions` naming the first option that `engine` does not honour."""
        if self.language and engine.languages and self.language not in engine.languages:
            spoken = ", ".join(sorted(engine.languages))
            raise InvalidOptions("language", f"{engine.name} speaks {spoken}, not {self.language!r}")
        neutral = {item.name: item.default for item in fields(TranscriptionOptions)}
        for name in ENGINE_OPTIONS:
            if getattr(self, name) != neutral[name] and name not in engine.options:
                raise InvalidOptions(name, f"{engine.name} does not support it")


ENGINE_OPTIONS = ("task", "prompt", "hotwords", "temperature", "beam_size", "multilingual")
"""The options that only an engine can honour; the rest is done around it."""
