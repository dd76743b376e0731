"""CTM, NIST's time-marked words, which scoring tools read."""

from collections.abc import Iterator

from app.application.formats.atoms import atoms_of
from app.application.formats.cues import CueLayout
from app.application.formats.fields import one_line, one_token, to_ms
from app.domain.transcript import SpeakerSegment, Transcript


def write_ctm(transcript: Transcript, _layout: CueLayout, recording: str) -> str:
    """`recording 1 start duration word confidence` per word, in order of start, times in seconds.

    Confidence is within 0..1, or `NA` where the engine gave none. White space inside a word becomes
    `_`. A segment without words gives those of its text, at even times.
    """
    file = one_token(recording)
    rows = [row for segment in transcript.segments for row in _rows(segment, transcript.language)]
    return "".join(
        f"{file} 1 {start_ms / 1000:.3f} {(end_ms - start_ms) / 1000:.3f} {one_token(word)} {confidence}\n"
        for start_ms, end_ms, word, confidence in sorted(rows, key=lambda row: row[0])
    )


def _rows(segment: SpeakerSegment, language: str | None) -> Iterator[tuple[int, int, str, str]]:
    """Start and end in milliseconds, word and confidence."""
    for word in segment.words:
        if one_line(word.word):
            confidence = "NA" if word.probability is None else f"{word.probability:.3f}"
            yield *to_ms(word.start, word.end), word.word, confidence
    if not segment.words:
        for atom in atoms_of(segment, language):
            yield *to_ms(atom.start, atom.end), atom.text, "NA"
