"""WebVTT: cues for a `<track>`, the speaker of each as a voice span."""

from app.application.formats.cues import Cue, CueLayout, lay_out
from app.application.formats.fields import clock_time, one_line
from app.domain.transcript import Transcript


def write_vtt(transcript: Transcript, layout: CueLayout) -> str:
    """`<v SPEAKER_00>text`; text and label are escaped, so that `<` and `-->` come through whole.

    See https://www.w3.org/TR/webvtt1/. A browser does not show the voice, so it takes no room.
    """
    return "\n".join(["WEBVTT\n", *(_block(cue) for cue in lay_out(transcript, layout))])


def _block(cue: Cue) -> str:
    start = clock_time(cue.start_ms, fraction_mark=".")
    end = clock_time(cue.end_ms, fraction_mark=".")
    label = one_line(cue.speaker_label or "")
    voice = f"<v {_escaped(label)}>" if label else ""
    text = "\n".join(_escaped(line) for line in cue.lines)
    return f"{start} --> {end}\n{voice}{text}\n"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
