"""How everybody who speaks in a window sounds: one pass of the embedding model for all of them.

pyannote hands its embedding model a window once per speaker, each time with that speaker's mask, and a
speaker who is silent is no exception. The mask matters only where frames are pooled, after all that
takes time. So here each window passes once with the masks of its speakers stacked, and windows in which
nobody speaks do not pass at all. The numbers are the same.
"""

import math
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

GPU_WINDOWS = 32
CPU_WINDOWS = 1
"""What goes through the model together. On a core the frames of one window stay in the cache and those of
eight do not: a ResNet34 took 0.61 s of CPU for one, and 0.96 s for each of eight."""


class WindowVoices:
    """Embeds the speakers of windows with the embedding model of a pyannote pipeline.

    `pipeline` is a `SpeakerDiarization`. Models that pyannote does not run itself (ONNX, NeMo,
    SpeechBrain) know no masks for several speakers, and get pyannote's own loop. A pass of the model is
    made here, to know what it says of somebody who is silent.
    """

    def __init__(self, pipeline: Any) -> None:
        from pyannote.audio.pipelines.speaker_verification import PyannoteAudioPretrainedSpeakerEmbedding

        self._pipeline = pipeline
        self._embedding = pipeline._embedding
        self._stacks = isinstance(self._embedding, PyannoteAudioPretrainedSpeakerEmbedding)
        if not self._stacks:
            return
        import torch

        on_cpu = self._embedding.device.type == "cpu"
        self._windows = CPU_WINDOWS if on_cpu else GPU_WINDOWS
        if on_cpu:
            # oneDNN convolves channel by channel about a sixth faster when they lie side by side.
            self._embedding.model_.to(memory_format=torch.channels_last)
        with warnings.catch_warnings():
            # It is found out once, by trying ever shorter sound, some of it too short for a deviation.
            warnings.simplefilter("ignore")
            _ = self._embedding.min_num_samples
        self._silent = self._embedding(
            torch.zeros(1, 1, self._embedding.sample_rate), masks=torch.zeros(1, 1, 100)
        )[0, 0]

    def masks(self, activity: Any) -> Array:
        """(windows, speakers, frames) of 0 and 1: where the embedding model listens to each speaker.

        `activity` is pyannote's feature (windows, frames, speakers). Frames in which others speak too are
        left out, if the pipeline wants it so and enough are left.
        """
        speaking = np.nan_to_num(activity.data).astype(np.float32)
        if not self._pipeline.embedding_exclude_overlap:
            return np.ascontiguousarray(speaking.transpose(0, 2, 1))
        alone = speaking * (speaking.sum(axis=2, keepdims=True) < 2)
        samples = activity.sliding_window.duration * self._embedding.sample_rate
        least = math.ceil(speaking.shape[1] * self._embedding.min_num_samples / samples)
        enough = alone.sum(axis=1, keepdims=True) > least
        return np.ascontiguousarray(np.where(enough, alone, speaking).transpose(0, 2, 1))

    def embed(self, file: dict[str, Any], activity: Any, masks: Array) -> Array:
        """(windows, speakers, d): what pyannote's own loop says of each speaker of each window."""
        pipeline = self._pipeline
        if not self._stacks:
            embeddings: Array = pipeline.get_embeddings(
                file, activity, exclude_overlap=pipeline.embedding_exclude_overlap
            )
            return embeddings
        windows, speakers, _ = masks.shape
        voices: Array = np.empty((windows, speakers, len(self._silent)), np.float32)
        voices[:] = self._silent
        heard = np.flatnonzero(masks.any(axis=(1, 2)))
        for first in range(0, len(heard), self._windows):
            some = heard[first : first + self._windows]
            voices[some] = self._pass(file, activity.sliding_window, some, masks)
        return voices

    def _pass(self, file: dict[str, Any], places: Any, some: npt.NDArray[np.intp], masks: Array) -> Array:
        import torch

        sound = [self._pipeline._audio.crop(file, places[int(window)], mode="pad")[0] for window in some]
        # In a batch some are pooled that are silent in this window: cheap, and what comes out is the same.
        speaking = np.flatnonzero(masks[some].any(axis=(0, 2)))
        voices: Array = np.empty((len(some), masks.shape[1], len(self._silent)), np.float32)
        voices[:] = self._silent
        voices[:, speaking] = self._embedding(
            torch.stack(sound), masks=torch.from_numpy(masks[some][:, speaking])
        )
        return voices
