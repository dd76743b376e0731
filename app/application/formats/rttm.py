"""RTTM, NIST's Rich Transcription Time Marks: who spoke when, overlaps kept."""

from app.application.formats.cues import CueLayout
from app.application.formats.fields import one_token, to_ms
from app.domain.transcript import SpeakerTurn, Transcript


def write_rttm(transcript: Transcript, _layout: CueLayout, recording: str) -> str:
    """A `SPEAKER` line per turn, times in seconds; white space in a name or a label becomes `_`.

    Where no diarizer took part but speakers are known (one per channel), the segments are the turns.
    """
    turns = transcript.turns or tuple(
        SpeakerTurn(start=segment.start, end=segment.end, speaker_label=segment.speaker_label)
        for segment in transcript.segments
        if segment.speaker_label is not None
    )
    lines: list[str] = []
    for turn in sorted(turns):
        start_ms, end_ms = to_ms(turn.start, turn.end)
        times = f"{start_ms / 1000:.3f} {(end_ms - start_ms) / 1000:.3f}"
        file, label = one_token(recording), one_token(turn.speaker_label)
        lines.append(f"SPEAKER {file} 1 {times} <NA> <NA> {label} <NA> <NA>\n")
    return "".join(lines)
