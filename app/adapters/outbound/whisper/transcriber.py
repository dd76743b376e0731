"""The transcription port over Whisper, whichever library runs it."""

from abc import abstractmethod
from functools import partial
from importlib.util import find_spec
from math import inf
from pathlib import Path
from typing import Any, ClassVar

from app.adapters.outbound.batched_inference import BatchedInference
from app.adapters.outbound.models.weights import Layout, Stopped, Watch, WhisperWeights
from app.adapters.outbound.waiting_line import Request
from app.adapters.outbound.whisper.devices import Device, devices
from app.adapters.outbound.whisper.model import WhisperModel
from app.adapters.outbound.whisper.recognizer import DecodingPolicy, Recognizer, Task
from app.domain.engine import EngineInfo
from app.domain.errors import EngineUnavailable
from app.domain.options import ENGINE_OPTIONS, TranscriptionOptions
from app.domain.ports import Priority, TranscriptionPort
from app.domain.transcript import TranscriptionText
from app.domain.windows import SpeechWindow

ENGLISH_ONLY = frozenset({"en"})

WINDOW_BYTES = 100 << 20
WINDOW_BYTES_PER_WEIGHT = 0.25
"""What a window takes in memory while it is recognized, rounded up from the sizes of tiny to large-v3: the
encoder's attention, and what the decoder keeps of its output, in float32, for each byte of a file of float16.
"""
_WEIGHTS = frozenset({".bin", ".safetensors"})


class WhisperTranscriber(TranscriptionPort):
    """Whisper in this process: windows of all requests meet in one queue and are recognized in batches.

    `model` is a name on the hub or a folder, `revision` pins a commit of it. `device` is auto, cpu, cuda
    or cuda:N, `compute_type` auto or what the library calls it, `batch_size` windows go through the
    model together (None: what suits the device), `threads` cores are used on a CPU. `download` allows to
    fetch weights that are not here. On a CPU batches are made smaller where they would not fit into half of
    `memory_bytes`. The model is loaded at first use or by `load`, and let go of
    `idle_unload_s` after its last (None: never). A recording that comes when `max_queued` windows wait is
    refused with `EngineBusy`.
    """

    engine: ClassVar[str]
    layout: ClassVar[Layout]
    package: ClassVar[str]
    remedy: ClassVar[str]

    def __init__(
        self,
        model: str,
        *,
        revision: str | None = None,
        device: str = "auto",
        compute_type: str = "auto",
        batch_size: int | None = None,
        threads: int = 1,
        cache: Path | None = None,
        token: str | None = None,
        download: bool = False,
        idle_unload_s: float | None = None,
        max_queued: int = 256,
        memory_bytes: int | None = None,
        policy: DecodingPolicy | None = None,
    ) -> None:
        self._weights = WhisperWeights(
            model,
            engine=self.engine,
            layout=self.layout,
            revision=revision,
            cache=cache,
            token=token,
            download=download,
        )
        self._compute_type = compute_type
        self._threads = threads
        self._memory_bytes = memory_bytes
        self._policy = policy or DecodingPolicy()
        self._had_weights = False
        """Whether the last try to load failed on what was here, and not on what was missing."""
        self._watch = Watch()
        self._wrong_device: EngineUnavailable | None = None
        self._devices = [Device(kind="cpu")]
        try:
            self._devices = devices(self.engine, device)
        except EngineUnavailable as wrong:
            self._wrong_device = wrong
        on_cpu = self._devices[0].kind == "cpu"
        self._batch_size = batch_size or self.batch_size(on_cpu=on_cpu)
        self._workers = self.workers(threads) if on_cpu else 1
        self._inference: BatchedInference[Task, TranscriptionText] = BatchedInference(
            [partial(self._load_on, each) for each in self._devices],
            name=self.engine,
            workers_per_model=self._workers,
            batch_size=self._batch_size,
            max_queued=max_queued,
            idle_unload_s=idle_unload_s,
        )

    @staticmethod
    @abstractmethod
    def load_model(folder: Path, device: Device, compute_type: str, threads: int) -> WhisperModel[Any]:
        """Load the weights in `folder` onto a device. Blocks. Raises `EngineUnavailable`."""

    @staticmethod
    @abstractmethod
    def batch_size(*, on_cpu: bool) -> int:
        """How many windows a worker takes at a time, where nobody said."""

    @staticmethod
    @abstractmethod
    def workers(threads: int) -> int:
        """How many workers share the model on a CPU of so many cores."""

    def describe(self) -> EngineInfo:
        languages = self._weights.languages()
        english_only = languages == ENGLISH_ONLY
        places = len(self._devices) * self._workers * self._batch_size
        return EngineInfo(
            name=self.engine,
            model=self._weights.model,
            revision=self._weights.revision(),
            languages=languages,
            options=frozenset(ENGINE_OPTIONS) - ({"task", "multilingual"} if english_only else set()),
            # Half as many again wait, so that no worker does.
            windows_at_once=places + max(2, places // 2),
        )

    def check(self) -> None:
        self._require_package_and_device()
        problem = self._inference.problem
        if problem is not None and self._had_weights:
            raise problem
        if not self._inference.loaded:
            try:
                self._weights.check()
            except EngineUnavailable as missing:
                # Why they could not be fetched says more than that they are not here.
                raise (problem or missing) from None

    async def load(self) -> None:
        self._require_package_and_device()
        await self._inference.load()

    async def transcribe(
        self,
        window: SpeechWindow,
        options: TranscriptionOptions,
        *,
        priority: Priority = Priority.FILE,
    ) -> TranscriptionText:
        self._require_package_and_device()
        request = Request(
            item=Task(window=window, options=options),
            owner=window.clip_id,
            priority=priority,
            length_s=window.duration,
            kind=(options.prompt, options.hotwords, options.beam_size, options.temperature),
            # Only a recording's first window may be refused: what has begun is finished.
            admitted=window.index > 0,
        )
        return await self._inference.submit(request)

    async def aclose(self) -> None:
        # A download or conversion that nobody waits for any more would hold up the end for minutes.
        self._watch.stop.set()
        await self._inference.aclose()
        self._watch = Watch()

    def _require_package_and_device(self) -> None:
        if find_spec(self.package) is None:
            raise EngineUnavailable(self.engine, "its package is not installed", self.remedy)
        if self._wrong_device is not None:
            raise self._wrong_device

    def _load_on(self, device: Device) -> Recognizer[Any]:
        self._had_weights = False
        try:
            folder = self._weights.obtain(watch=self._watch)
        except Stopped as stopped:
            raise EngineUnavailable(
                self.engine, "it was stopped while it was loaded", "Try again"
            ) from stopped
        self._had_weights = True
        model = self.load_model(folder, device, self._compute_type, self._threads)
        # A GPU says when it is full, and then batches are halved; a computer kills.
        most = self._windows_that_fit(folder) if device.kind == "cpu" else self._batch_size
        return Recognizer(model, self._policy, most_windows=most)

    def _windows_that_fit(self, folder: Path) -> int:
        """How many windows each worker may have in memory, when all of them take half of it."""
        weights_bytes = sum(
            path.stat().st_size for path in folder.glob("*model*.*") if path.suffix in _WEIGHTS
        )
        window_bytes = WINDOW_BYTES + WINDOW_BYTES_PER_WEIGHT * weights_bytes
        share_bytes = (self._memory_bytes or inf) / 2 / self._workers
        return max(1, int(min(self._batch_size, share_bytes / window_bytes)))
