"""How wrong the words and the speakers of a recording are, against references.

    python -m bench.accuracy examples/conversation.flac examples/conversation.{stm,rttm} --num-speakers 3

A .txt or .stm file is what was said: the word error rate (WER) is that of jiwer, on lower-cased words
without punctuation. An .rttm file is who spoke when: the diarization error rate (DER) is that of
pyannote.metrics, without a collar and with overlap counted. Engines and settings are those of the
environment and `.env`.
"""

import argparse
import tempfile
import time
import warnings
from pathlib import Path

import jiwer

from app.application.formats import FORMATS, CueLayout
from app.domain.transcript import Transcript
from app.library import open_diarist

_PLAIN = jiwer.Compose(
    [
        jiwer.ToLowerCase(),
        jiwer.RemovePunctuation(),
        jiwer.RemoveWhiteSpace(replace_by_space=True),
        jiwer.RemoveMultipleSpaces(),
        jiwer.Strip(),
    ]
)


def word_error_rate(transcript: Transcript, reference: Path) -> float:
    """Words that were replaced, left out or made up, per word of the reference."""
    text = reference.read_text(encoding="utf-8")
    if reference.suffix == ".stm":
        lines = [line.split(maxsplit=5) for line in text.splitlines() if not line.startswith(";;")]
        text = " ".join(fields[5].split("> ", 1)[-1] for fields in lines if len(fields) > 5)
    return float(jiwer.wer(_PLAIN(text), _PLAIN(transcript.text)))


def diarization_error_rate(transcript: Transcript, reference: Path) -> float:
    """Seconds missed, made up or given to the wrong speaker, per second of the reference."""
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        from pyannote.database.util import load_rttm
        from pyannote.metrics.diarization import DiarizationErrorRate

        exported = Path(folder) / "found.rttm"
        exported.write_text(FORMATS["rttm"].write(transcript, CueLayout(), "found"), encoding="utf-8")
        (truth,) = load_rttm(reference).values()
        found = load_rttm(exported).get("found", truth.empty())
        return float(DiarizationErrorRate(collar=0.0, skip_overlap=False)(truth, found))


MEASURES = {".txt": word_error_rate, ".stm": word_error_rate, ".rttm": diarization_error_rate}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recording", type=Path)
    parser.add_argument("references", type=Path, nargs="+", metavar="REFERENCE", help=" ".join(MEASURES))
    parser.add_argument("--num-speakers", type=int)
    given = parser.parse_args()
    for reference in given.references:
        if reference.suffix not in MEASURES:
            parser.error(f"{reference}: must be one of {', '.join(MEASURES)}")
    before = time.perf_counter()
    with open_diarist() as diarist:
        transcript = diarist.transcribe(given.recording, num_speakers=given.num_speakers)
    took_s = time.perf_counter() - before
    for stage, used in transcript.engine.items():
        print(f"{stage}: {used.info.name} ({used.info.model})")
    print(f"{transcript.duration:.1f} s in {took_s:.1f} s, {len(transcript.speakers)} speakers")
    for reference in given.references:
        measure = MEASURES[reference.suffix]
        name = "WER" if measure is word_error_rate else "DER"
        print(f"{name} {measure(transcript, reference):.1%} against {reference}")


if __name__ == "__main__":
    main()
