"""The child process in which PocketSphinx decodes: it holds the GIL while it does.

Request: `{}` and the utterance, int16 mono 16 kHz. Reply: `{"words": [[text, first_frame, last_frame,
probability], …]}`, frames of 10 ms counted from the utterance's start; or `{"unavailable": reason}`,
once, when there is no PocketSphinx.
"""

import re

from app.adapters.outbound.child_channel import Channel

_PRONUNCIATION = re.compile(r"\(\d+\)$")
"""The dictionary marks a word's second and later pronunciations: "the(2)"."""


LANGUAGE_WEIGHT = 6.0
"""How much the language model counts against the sound. The default, 6.5, made 136 errors in 334 words of
read and telephone speech, this one 131; 5.0, 5.5 and 8.0 were no better. The beams stay at their defaults.
"""


def main() -> None:
    channel = Channel.open()
    try:
        from pocketsphinx import Decoder  # type: ignore[import-untyped]  # it ships no types

        decoder = Decoder(loglevel="FATAL", lw=LANGUAGE_WEIGHT)
    except (ImportError, RuntimeError) as error:
        channel.send({"unavailable": str(error) or type(error).__name__})
        return
    while (request := channel.receive()) is not None:
        # Cepstral means and noise estimates adapt, and would leak from one utterance into the next.
        decoder.reinit_feat()
        decoder.start_utt()
        decoder.process_raw(request[1], no_search=False, full_utt=True)
        decoder.end_utt()
        channel.send(
            {
                "words": [
                    [_PRONUNCIATION.sub("", part.word), part.start_frame, part.end_frame, part.prob]
                    for part in decoder.seg() or ()
                    # Silence and noises: <s>, </s>, <sil>, [NOISE], ++SPN++.
                    if part.word[0] not in "<[+"
                ]
            }
        )


if __name__ == "__main__":
    main()
