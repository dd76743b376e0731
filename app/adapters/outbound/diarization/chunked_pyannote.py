"""pyannote, a chunk at a time: who speaks when, overlap kept, and how they sound."""

from functools import partial
from importlib.util import find_spec

from app.adapters.outbound.batched_inference import BatchedInference
from app.adapters.outbound.models.child_run import Stopped
from app.adapters.outbound.models.fetching import Watch
from app.adapters.outbound.models.pipeline_weights import ENGINE, PipelineWeights
from app.adapters.outbound.pyannote.chunk_pipeline import ChunkPipeline, Listen
from app.adapters.outbound.pyannote.loading import REMEDY, load_pipeline
from app.adapters.outbound.waiting_line import Request
from app.adapters.outbound.whisper.devices import Device, devices
from app.domain.audio import AudioChunk
from app.domain.diarization import ChunkDiarization
from app.domain.engine import EngineInfo
from app.domain.errors import EngineUnavailable
from app.domain.ports import DiarizationPort, Priority

SETTING = "PYANNOTE_DEVICE"


class ChunkedPyannoteDiarizer(DiarizationPort):
    """A pyannote speaker diarization pipeline, over each chunk by itself.

    `model` is a name on the hub or a folder, whose pickled weights must be trusted. `device` is auto, cpu,
    cuda or cuda:N; on a CPU torch spreads a chunk over `threads` cores. `token` is of a Hugging Face account
    that has accepted the pipeline's terms; `download` allows to fetch what is not here. The pipeline is
    loaded at first use or by `load`, and let go of `idle_unload_s` after its last (None: never).

    On one chunk it finds what the pipeline finds, `python -m bench diarization` shows how much sooner.
    Memory is that of a chunk, however long the recording.
    """

    def __init__(
        self,
        model: str,
        *,
        device: str = "auto",
        threads: int = 1,
        token: str | None = None,
        download: bool = False,
        idle_unload_s: float | None = None,
    ) -> None:
        self._weights = PipelineWeights(model, token=token, download=download)
        self._threads = threads
        self._had_weights = False
        """Whether the last try to load failed on what was here, and not on what was missing."""
        self._watch = Watch()
        self._wrong_device: EngineUnavailable | None = None
        places = [Device(kind="cpu")]
        try:
            places = devices(ENGINE, device, setting=SETTING)
        except EngineUnavailable as wrong:
            self._wrong_device = wrong
        self._inference: BatchedInference[Listen, ChunkDiarization] = BatchedInference(
            [partial(self._load_on, place) for place in places],
            name=ENGINE,
            workers_per_model=1,
            batch_size=1,
            idle_unload_s=idle_unload_s,
        )

    def describe(self) -> EngineInfo:
        return EngineInfo(name=ENGINE, model=self._weights.model, revision=self._weights.revision())

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

    async def diarize(self, chunk: AudioChunk, *, max_speakers: int | None) -> ChunkDiarization:
        self._require_package_and_device()
        length_s = len(chunk.waveform.samples) / chunk.waveform.sample_rate_hz
        if not chunk.speech or not length_s:
            return ChunkDiarization(turns=(), samples=())
        request = Request(
            item=Listen(chunk=chunk, max_speakers=max_speakers),
            owner=chunk.clip_id,
            priority=Priority.FILE,
            length_s=length_s,
            # The words are refused when too much is queued, and without words there are no chunks.
            admitted=True,
        )
        return await self._inference.submit(request)

    async def aclose(self) -> None:
        # A download that nobody waits for any more would hold up the end for minutes.
        self._watch.stop.set()
        await self._inference.aclose()
        self._watch = Watch()

    def _require_package_and_device(self) -> None:
        if find_spec("pyannote") is None or find_spec("pyannote.audio") is None:
            raise EngineUnavailable(ENGINE, "its package is not installed", REMEDY)
        if self._wrong_device is not None:
            raise self._wrong_device

    def _load_on(self, device: Device) -> ChunkPipeline:
        self._had_weights = False
        try:
            folder = self._weights.obtain(watch=self._watch)
        except Stopped as stopped:
            raise EngineUnavailable(ENGINE, "it was stopped while it was loaded", "Try again") from stopped
        self._had_weights = True
        name = f"cuda:{device.index}" if device.kind == "cuda" else device.kind
        return load_pipeline(folder, device=name, threads=self._threads, model=self._weights.model)
