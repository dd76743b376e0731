"""The formats a transcript can be written in: pure functions from transcript to text, in one dict."""

from collections.abc import Callable
from dataclasses import dataclass

from app.application.formats.ctm import write_ctm
from app.application.formats.cues import CueLayout
from app.application.formats.rttm import write_rttm
from app.application.formats.srt import write_srt
from app.application.formats.transcript_json import write_json
from app.application.formats.tsv import write_tsv
from app.application.formats.txt import write_txt
from app.application.formats.vtt import write_vtt
from app.domain.transcript import Transcript

__all__ = ["FORMATS", "CueLayout", "Format"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A way to write a transcript as text, to be encoded as UTF-8."""

    name: str
    media_type: str
    extension: str
    writer: Callable[[Transcript, CueLayout, str], str]

    def write(self, transcript: Transcript, layout: CueLayout, recording: str | None = None) -> str:
        """The transcript in this format. Formats without cues ignore the layout.

        Where lines name the recording (RTTM, CTM) it is `recording`, the clip's id unless given.
        """
        return self.writer(transcript, layout, recording or transcript.clip_id)


def _nameless(write: Callable[[Transcript, CueLayout], str]) -> Callable[[Transcript, CueLayout, str], str]:
    return lambda transcript, layout, _recording: write(transcript, layout)


FORMATS: dict[str, Format] = {
    item.name: item
    for item in (
        Format(name="json", media_type="application/json", extension="json", writer=_nameless(write_json)),
        Format(name="txt", media_type="text/plain", extension="txt", writer=_nameless(write_txt)),
        Format(name="srt", media_type="application/x-subrip", extension="srt", writer=_nameless(write_srt)),
        Format(name="vtt", media_type="text/vtt", extension="vtt", writer=_nameless(write_vtt)),
        Format(
            name="tsv", media_type="text/tab-separated-values", extension="tsv", writer=_nameless(write_tsv)
        ),
        Format(name="rttm", media_type="text/plain", extension="rttm", writer=write_rttm),
        Format(name="ctm", media_type="text/plain", extension="ctm", writer=write_ctm),
    )
}
