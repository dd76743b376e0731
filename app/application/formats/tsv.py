"""Tab-separated values: Whisper's three columns."""

from app.application.formats.cues import CueLayout
from app.application.formats.fields import one_line, speaker_prefix, to_ms
from app.domain.transcript import Transcript


def write_tsv(transcript: Transcript, _layout: CueLayout) -> str:
    """`start`, `end` (whole milliseconds) and `text`, a line per segment, under a heading.

    Scripts written for Whisper's files count on three columns, so the speaker is not a fourth one:
    it stands before the text as in SubRip, `[SPEAKER_00]: text`.
    """
    lines = ["start\tend\ttext\n"]
    for segment in transcript.segments:
        start_ms, end_ms = to_ms(segment.start, segment.end)
        lines.append(
            f"{start_ms}\t{end_ms}\t{speaker_prefix(segment.speaker_label)}{one_line(segment.text)}\n"
        )
    return "".join(lines)
