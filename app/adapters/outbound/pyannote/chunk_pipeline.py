"""A pyannote pipeline over one chunk: its models, its clustering, its turns, on a faster way through them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.adapters.outbound.model_on_device import BatchModel, OutOfDeviceMemory
from app.adapters.outbound.models.pipeline_weights import ENGINE
from app.adapters.outbound.pyannote.samples import voice_samples
from app.adapters.outbound.pyannote.voices import WindowVoices
from app.domain.audio import AudioChunk, Waveform
from app.domain.diarization import ChunkDiarization, LocalTurn
from app.domain.timeline import TimeRange

GPU_BATCH = 32
CPU_BATCH = 16
"""Windows that are segmented together. 32 on a CPU would take hundreds of megabytes for the first layer."""

_NOBODY = ChunkDiarization(turns=(), samples=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """A chunk, and the most speakers that may be found in it."""

    chunk: AudioChunk
    max_speakers: int | None


class ChunkPipeline(BatchModel[Listen, ChunkDiarization]):
    """A `SpeakerDiarization` that is loaded, used with `threads` threads of torch on a CPU.

    What it finds in a chunk is what the pipeline finds when it is called on the chunk's sound alone:
    the same segmentation, embeddings, clustering and turns. `model` names the embeddings.
    """

    def __init__(self, pipeline: Any, *, model: str, threads: int) -> None:
        self._pipeline = pipeline
        self._model = model
        self._threads = threads
        on_gpu = pipeline._segmentation.device.type == "cuda"
        pipeline.segmentation_batch_size = GPU_BATCH if on_gpu else CPU_BATCH
        with self._running():
            self._voices = WindowVoices(pipeline)

    def run(self, batch: Sequence[Listen]) -> list[ChunkDiarization]:
        with self._running():
            return [self._diarize(item.chunk.waveform, item.max_speakers) for item in batch]

    def close(self) -> None:
        on_gpu = self._pipeline._segmentation.device.type == "cuda"
        del self._pipeline, self._voices
        if on_gpu:
            import gc

            import torch

            gc.collect()
            torch.cuda.empty_cache()

    def _diarize(self, waveform: Waveform, max_speakers: int | None) -> ChunkDiarization:
        import torch

        pipeline = self._pipeline
        sound = torch.from_numpy(np.require(waveform.samples, requirements=["C", "W"]))[None]
        file = {"waveform": sound, "sample_rate": waveform.sample_rate_hz}
        segmentations = pipeline.get_segmentations(file)
        activity = self._activity(segmentations)
        frames = pipeline._segmentation.model.receptive_field
        count = pipeline.speaker_count(activity, frames, warm_up=(0.0, 0.0))
        if np.nanmax(count.data) == 0:
            return _NOBODY
        masks = self._voices.masks(activity)
        embeddings = self._voices.embed(file, activity, masks)
        number, least, most = pipeline.set_num_speakers(max_speakers=max_speakers)
        clusters, _, _ = pipeline.clustering(
            embeddings=embeddings,
            segmentations=activity,
            num_clusters=number,
            min_clusters=least,
            max_clusters=most,
            file=file,
            frames=frames,
        )
        clusters[activity.data.sum(axis=1) == 0] = -2
        count.data = np.minimum(count.data, most).astype(np.int8)
        found = pipeline.reconstruct(segmentations, clusters, count)
        annotation = pipeline.to_annotation(
            found, min_duration_on=0.0, min_duration_off=pipeline.segmentation.min_duration_off
        )
        turns = tuple(_turns(annotation, waveform))
        return ChunkDiarization(
            turns=turns,
            samples=tuple(
                voice_samples(
                    embeddings,
                    clusters,
                    masks,
                    activity.sliding_window,
                    waveform,
                    speakers={turn.local_speaker for turn in turns},
                    model=self._model,
                )
            ),
        )

    def _activity(self, segmentations: Any) -> Any:
        pipeline = self._pipeline
        if pipeline._segmentation.model.specifications.powerset:
            return segmentations
        from pyannote.audio.utils.signal import binarize

        return binarize(segmentations, onset=pipeline.segmentation.threshold, initial_state=False)

    @contextmanager
    def _running(self) -> Iterator[None]:
        """Torch without gradients, with this model's number of threads, and with Diarist's errors."""
        import torch

        # The number holds for the calling thread, but other models change what new threads begin with.
        if torch.get_num_threads() != self._threads:
            torch.set_num_threads(self._threads)
        try:
            with torch.inference_mode():
                yield
        except (torch.OutOfMemoryError, MemoryError) as error:
            raise OutOfDeviceMemory(ENGINE) from error
        except RuntimeError as error:
            if "can't allocate memory" in str(error):
                raise OutOfDeviceMemory(ENGINE) from error
            raise


def _turns(annotation: Any, waveform: Waveform) -> Iterator[LocalTurn]:
    """In clip time, overlap kept. The last window may have heard silence after the end: that is cut off."""
    whole = TimeRange(start=waveform.start_s, end=waveform.end_s)
    found = []
    for segment, _, speaker in annotation.itertracks(yield_label=True):
        inside = TimeRange(start=waveform.start_s + segment.start, end=waveform.start_s + segment.end).clamp(
            whole
        )
        if inside is not None:
            found.append(LocalTurn(local_speaker=int(speaker), range=inside))
    yield from sorted(found, key=lambda turn: (turn.range, turn.local_speaker))
