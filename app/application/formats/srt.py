"""SubRip: numbered cues, the speaker before each as whisperX writes it."""

from app.application.formats.cues import Cue, CueLayout, lay_out
from app.application.formats.fields import clock_time, speaker_prefix
from app.domain.transcript import Transcript


def write_srt(transcript: Transcript, layout: CueLayout) -> str:
    """`[SPEAKER_00]: text` in every cue.

    SubRip has no way to escape: `<` stays as it is, and `-->` is written `-- >` so that no reader
    takes a line of text for a line of times.
    """
    cues = lay_out(transcript, layout, prefix=speaker_prefix)
    return "\n".join(_block(number, cue) for number, cue in enumerate(cues, start=1))


def _block(number: int, cue: Cue) -> str:
    start = clock_time(cue.start_ms, fraction_mark=",")
    end = clock_time(cue.end_ms, fraction_mark=",")
    text = (speaker_prefix(cue.speaker_label) + "\n".join(cue.lines)).replace("-->", "-- >")
    return f"{number}\n{start} --> {end}\n{text}\n"
