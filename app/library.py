"""Diarist for Python programs.

    from app.library import open_diarist

    with open_diarist() as diarist:
        for segment in diarist.transcribe("interview.mp3", num_speakers=2).segments:
            ...

`open_diarist_async` is the same for programs with an event loop of their own.
"""

import atexit
import concurrent.futures.thread  # noqa: F401 - its own hook has to be there before ours
import os
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self, Unpack
from weakref import WeakMethod, WeakSet

from app.application.closing import closing
from app.application.use_cases import UseCases
from app.domain.events import Done, Event
from app.domain.options import SpeakerHints
from app.domain.ports import DiarizationPort, TranscriptionPort
from app.domain.transcript import Transcript
from app.infrastructure.background_loop import BackgroundLoop
from app.infrastructure.container import Container
from app.infrastructure.library_options import Options, Speakers, transcription_options
from app.infrastructure.library_voices import AsyncVoices, Voices
from app.infrastructure.running import running
from app.infrastructure.settings import Settings, read_settings


class AsyncDiarist:
    """Transcribes files inside `async with`, several at a time if you like. See `open_diarist_async`."""

    def __init__(self, running: AbstractAsyncContextManager[UseCases], *, keep: bool) -> None:
        self._running = running
        self._keep = keep
        self._use_cases: UseCases | None = None
        self._streams: WeakSet[AsyncGenerator[Event, None]] = WeakSet()

    async def __aenter__(self) -> Self:
        self._use_cases = await self._running.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._use_cases = None
        # A stream that was left half read would otherwise end some time later, in stores that are closed.
        for stream in tuple(self._streams):
            with suppress(RuntimeError):  # somebody is reading it this very moment
                await stream.aclose()
        await self._running.__aexit__(kind, error, trace)

    async def transcribe(self, path: str | os.PathLike[str], **options: Unpack[Options]) -> Transcript:
        """Who said what, when. Raises like `stream`."""
        async with closing(self.stream(path, **options)) as events:
            async for event in events:
                if isinstance(event, Done):
                    return event.transcript
        raise AssertionError("a stream ends with Done, or raises")

    def stream(self, path: str | os.PathLike[str], **options: Unpack[Options]) -> AsyncIterator[Event]:
        """What is found while it is found; the last event, `Done`, carries the transcript.

        `Segment`s are certain enough to show, and may be corrected later by `Segment`, `Relabel` and
        `Retract`: `app.domain.events.fold` does that. Closing the iterator stops the work. Raises
        `InvalidAudio` when the file cannot be read or is of no use, `InvalidOptions` for options that
        are impossible or that the engine does not honour, `EngineUnavailable` when a model is
        missing, and whatever else of `app.domain.errors` ends the work.
        """
        use_cases = self._opened
        chosen = transcription_options(**options)
        stream = use_cases.transcribe_file.execute(Path(path).name, Path(path), chosen, keep=self._keep)
        assert isinstance(stream, AsyncGenerator)
        self._streams.add(stream)
        return stream

    async def diarize(
        self, clip_id: str, *, threshold: float | None = None, **speakers: Unpack[Speakers]
    ) -> Transcript:
        """Tell the speakers of a transcript that is kept (`data_dir`) apart anew, without hearing it again.

        `clip_id` is the transcript's; `threshold` the least cosine, between 0 and 1, of two voices of one
        person. Raises `InvalidOptions`, `NotFound`, and `Conflict` where it must be transcribed again.
        """
        diarize_again = self._opened.diarize_again
        return await diarize_again.execute(clip_id, SpeakerHints(**speakers), threshold=threshold)

    @property
    def voices(self) -> AsyncVoices:
        """The known voices, which transcripts made from now on name. Kept with `data_dir`."""
        return AsyncVoices(self._opened.voices)

    @property
    def _opened(self) -> UseCases:
        if self._use_cases is None:
            raise RuntimeError("a Diarist works between its opening and its closing")
        return self._use_cases


class Diarist:
    """Transcribes files, from any thread, also where an event loop is running. See `open_diarist`.

    The work is done on a thread of its own, from the start until `close` or the end of the `with`.
    """

    def __init__(self, diarist: AsyncDiarist) -> None:
        self._diarist = diarist
        self._loop = BackgroundLoop()
        try:
            self._loop.wait_for(diarist.__aenter__())
        except BaseException:
            self._loop.close()
            raise
        atexit.register(self.close)
        # That comes after the end of all thread pools, without which nothing ends in order; this before it.
        close = WeakMethod(self.close)
        threading._register_atexit(lambda: (still := close()) and still())  # type: ignore[attr-defined]  # CPython's own, for pools

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop what is running and let go of models, threads and processes. Closing twice is no error.

        Another thread that waits for a transcript gets a `RuntimeError`.
        """
        if self._loop.is_open:
            atexit.unregister(self.close)
            try:
                # Before the stores are closed: those who are interrupted tidy up in them.
                self._loop.wait_for(self._loop.cancel_others())
                self._loop.wait_for(self._diarist.__aexit__(None, None, None))
            finally:
                self._loop.close()

    def transcribe(self, path: str | os.PathLike[str], **options: Unpack[Options]) -> Transcript:
        """Who said what, when. Raises like `AsyncDiarist.stream`; Ctrl-C stops the work."""
        return self._loop.wait_for(self._diarist.transcribe(path, **options))

    def stream(self, path: str | os.PathLike[str], **options: Unpack[Options]) -> Iterator[Event]:
        """What is found while it is found: `AsyncDiarist.stream` as a plain iterator."""
        return self._iterate(self._diarist.stream(path, **options))

    def diarize(
        self, clip_id: str, *, threshold: float | None = None, **speakers: Unpack[Speakers]
    ) -> Transcript:
        """Tell the speakers of a kept transcript apart anew: `AsyncDiarist.diarize`."""
        return self._loop.wait_for(self._diarist.diarize(clip_id, threshold=threshold, **speakers))

    @property
    def voices(self) -> Voices:
        """The known voices: `AsyncDiarist.voices`."""
        return Voices(self._diarist.voices, self._loop)

    def _iterate(self, events: AsyncIterator[Event]) -> Iterator[Event]:
        async def following() -> Event | None:
            return await anext(events, None)

        async def stop() -> None:
            async with closing(events):
                pass

        try:
            while (event := self._loop.wait_for(following())) is not None:
                yield event
        finally:
            if self._loop.is_open:
                self._loop.wait_for(stop())


def open_diarist(
    settings: Settings | None = None,
    *,
    data_dir: str | os.PathLike[str] | None = None,
    transcription: str | TranscriptionPort | None = None,
    diarization: str | DiarizationPort | None = None,
) -> Diarist:
    """A Diarist to use in `with`, or to `close` by hand.

    `settings` default to the environment and `.env`. Files are read in place and nothing is left
    behind; with `data_dir`, recordings and transcripts are kept under it. `transcription` and
    `diarization` are names of engines, or adapters of your own; diarization="none" turns it off.
    Raises `InvalidOptions` for a setting or a name that is impossible.
    """
    return Diarist(
        open_diarist_async(settings, data_dir=data_dir, transcription=transcription, diarization=diarization)
    )


def open_diarist_async(
    settings: Settings | None = None,
    *,
    data_dir: str | os.PathLike[str] | None = None,
    transcription: str | TranscriptionPort | None = None,
    diarization: str | DiarizationPort | None = None,
) -> AsyncDiarist:
    """A Diarist to use in `async with`; the arguments are those of `open_diarist`."""
    settings = (settings or read_settings()).for_local_files(None if data_dir is None else Path(data_dir))
    container = Container()
    for stage, engine, provider in (
        ("transcription", transcription, container.transcription),
        ("diarization", diarization, container.diarization),
    ):
        if isinstance(engine, str):
            settings = settings.model_copy(update={f"{stage}_engine": engine})
        elif engine is not None:
            provider.override(engine)
    container.settings.override(settings)
    return AsyncDiarist(running(container), keep=not settings.in_memory)
