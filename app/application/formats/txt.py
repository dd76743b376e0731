"""Plain text: a paragraph for as long as one speaker holds the floor."""

from itertools import groupby

from app.application.formats.cues import CueLayout
from app.application.formats.fields import one_line
from app.domain.transcript import UNSPACED_LANGUAGES, SpeakerSegment, Transcript


def write_txt(transcript: Transcript, _layout: CueLayout) -> str:
    """`SPEAKER_00: text`, one paragraph a line; segments of nobody in particular get a line each."""
    glue = "" if transcript.language in UNSPACED_LANGUAGES else " "
    lines: list[str] = []
    for label, segments in groupby(transcript.segments, key=_speaker):
        texts = [text for text in (one_line(segment.text) for segment in segments) if text]
        if not label:
            lines += texts
        elif texts:
            lines.append(f"{label}: {glue.join(texts)}")
    return "".join(line + "\n" for line in lines)


def _speaker(segment: SpeakerSegment) -> str:
    return one_line(segment.speaker_label or "")
