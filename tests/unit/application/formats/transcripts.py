"""Transcripts to write: small ones spelled out, and any at all for properties."""

from hypothesis import settings
from hypothesis import strategies as st

from app.domain.transcript import SpeakerSegment, SpeakerTurn, Transcript, Word

PRINTABLE = st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"))
DEARLY_MADE = settings(max_examples=40)
"""For properties of whole transcripts, which take long to make up."""

TIMES_S = st.integers(0, 40_000_000).map(lambda tenths_of_ms: tenths_of_ms / 10_000)
DURATIONS_S = st.one_of(st.floats(0.0001, 0.01), st.floats(0.01, 1.0), st.floats(1.0, 20.0))


def segment(
    text: str,
    *,
    start: float = 0.0,
    end: float | None = None,
    speaker: str | None = "SPEAKER_00",
    word_s: float = 0.5,
    probability: float | None = None,
) -> SpeakerSegment:
    """A segment whose words follow each other without a pause, `word_s` each."""
    words = tuple(
        Word(
            word=word,
            start=start + index * word_s,
            end=start + (index + 1) * word_s,
            probability=probability,
            speaker_label=speaker,
        )
        for index, word in enumerate(text.split())
    )
    return SpeakerSegment(
        id=f"{start}-{text[:8]}",
        audio_clip_id="clip",
        start=start,
        end=end or words[-1].end,
        speaker_label=speaker,
        text=text,
        words=words,
    )


def wordless(text: str, *, start: float, end: float, speaker: str | None = "SPEAKER_00") -> SpeakerSegment:
    return SpeakerSegment(
        id=f"{start}", audio_clip_id="clip", start=start, end=end, speaker_label=speaker, text=text, words=()
    )


def transcript(
    *segments: SpeakerSegment, language: str | None = "en", turns: tuple[SpeakerTurn, ...] = ()
) -> Transcript:
    return Transcript(clip_id="clip", language=language, duration=60.0, segments=segments, turns=turns)


@st.composite
def any_segment(draw: st.DrawFn, letters: st.SearchStrategy[str], language: str | None) -> SpeakerSegment:
    texts = draw(
        st.lists(st.text(letters, min_size=1, max_size=30).filter(str.strip), min_size=1, max_size=10)
    )
    label = draw(st.sampled_from([None, "SPEAKER_00", "SPEAKER_01", "Ann <3 & Bob"]))
    start = time = draw(TIMES_S)
    words: list[Word] = []
    for text in texts:
        time = max(start, time + draw(st.sampled_from([0.0, 0.0, 0.2, 1.0, -0.5])))
        end = time + draw(DURATIONS_S)
        words.append(Word(word=text, start=time, end=end, speaker_label=label))
        time = end
    joined = ("" if language in ("zh", "ja") else " ").join(texts)
    return SpeakerSegment(
        id=f"{start}",
        audio_clip_id="clip",
        start=start,
        end=max(word.end for word in words),
        speaker_label=label,
        text=joined,
        words=tuple(words) if draw(st.booleans()) else (),
    )


@st.composite
def any_transcript(draw: st.DrawFn, letters: st.SearchStrategy[str] = PRINTABLE) -> Transcript:
    """Up to 3 segments in order of start, of anybody, that may overlap (also those of one speaker)."""
    language = draw(st.sampled_from(["en", None, "zh", "ja"]))
    segments = draw(st.lists(any_segment(letters, language), max_size=3))
    return transcript(*sorted(segments, key=lambda s: (s.start, s.end)), language=language)


def squeezed(text: str) -> str:
    """The text without white space, which is all that laying out may change."""
    return "".join(text.split())
