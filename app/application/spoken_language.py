"""Which language a recording is in: given, settled on its first speech, or heard anew in every window."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from app.domain.options import TranscriptionOptions
from app.domain.transcript import TranscriptionText
from app.domain.windows import SpeechWindow

SURE = 0.5
"""A detection less sure (faster-whisper's default) settles nothing: the next window is asked too."""

Recognize = Callable[[TranscriptionOptions], Awaitable[TranscriptionText]]


class SpokenLanguage:
    """The language of one recording. Windows are heard side by side, and noted in order of time.

    Unless it is given, the first window is heard alone and settles the language for the others; if no
    speech was heard in it, or its language is doubtful, the next one does. With `multilingual` no window
    waits for another.
    """

    def __init__(self, options: TranscriptionOptions) -> None:
        self._options = options
        self._settled = options.language is not None or options.multilingual
        self._settling = asyncio.Lock()
        self._language = options.language
        self._probability: float | None = None
        self._speech_s: dict[str, float] = {}
        self._certainties: dict[str, list[tuple[float, float]]] = {}

    async def hear(self, recognize: Recognize) -> TranscriptionText:
        """What `recognize` makes of a window, once it can be told the language."""
        if not self._settled:
            async with self._settling:  # those who wait for it get it in the order they came
                if not self._settled:
                    return self._settle(await recognize(self._options))
        return await recognize(replace(self._options, language=self._language))

    def note(self, window: SpeechWindow, text: TranscriptionText) -> None:
        """Take what was heard in the next window."""
        if not self._options.multilingual or text.language is None:
            return
        speech_s = sum(part.duration for part in window.speech)
        self._speech_s[text.language] = self._speech_s.get(text.language, 0.0) + speech_s
        if text.language_probability is not None:
            self._certainties.setdefault(text.language, []).append((speech_s, text.language_probability))

    @property
    def language(self) -> str | None:
        """The recording's, where it has several the one of most speech; None before any speech."""
        if self._options.multilingual:
            return max(self._speech_s, key=lambda code: self._speech_s[code], default=None)
        return self._language

    @property
    def probability(self) -> float | None:
        """How sure the detection was; with `multilingual` its mean over the speech in that language."""
        if not self._options.multilingual:
            return self._probability
        known = self._certainties.get(self.language or "", [])
        speech_s = sum(length_s for length_s, _ in known)
        return sum(length_s * sure for length_s, sure in known) / speech_s if known else None

    def _settle(self, text: TranscriptionText) -> TranscriptionText:
        surer = (text.language_probability or 0.0) > (self._probability or 0.0)
        if self._language is None or surer:
            self._language, self._probability = text.language, text.language_probability
        # An engine that tells of words but of no language, or not how sure it is, never will: let nobody wait
        # for that.
        sure = (1.0 if text.language_probability is None else text.language_probability) >= SURE
        self._settled = sure and (text.language is not None or bool(text.words))
        return text
