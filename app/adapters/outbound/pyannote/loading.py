"""Getting a pyannote pipeline from a folder onto a device, and saying what is wrong with it."""

import pickle
import zipfile
from importlib import import_module
from pathlib import Path

from app.adapters.outbound.model_on_device import OutOfDeviceMemory
from app.adapters.outbound.models.pipeline_weights import ENGINE
from app.adapters.outbound.pyannote.chunk_pipeline import ChunkPipeline
from app.adapters.outbound.pyannote.importing import import_pyannote
from app.domain.errors import EngineUnavailable

REMEDY = "Run: pip install 'pyannote.audio>=4.0.7,<5'"
FETCH_AGAIN = "Remove and fetch it again: diarist models rm NAME, diarist models pull NAME"


def load_pipeline(folder: Path, *, device: str, threads: int, model: str) -> ChunkPipeline:
    """The pipeline in `folder` on a device ("cpu" or "cuda:N"), ready to run. Blocks for seconds.

    Its weights are pickles, which can run code: only folders that are trusted may be named. Raises
    `EngineUnavailable`.
    """
    try:
        import_pyannote()
    except ImportError as error:
        raise EngineUnavailable(ENGINE, f"its package cannot be imported ({error})", REMEDY) from error
    import torch
    from pyannote.audio import Pipeline
    from pyannote.audio.pipelines import SpeakerDiarization

    try:
        pipeline = Pipeline.from_pretrained(folder)
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise _too_large(folder, device) from error
    except (*_BROKEN, _yaml_error()) as error:
        reason = f"the pipeline in {folder} cannot be loaded: {_first_line(error)}"
        raise EngineUnavailable(ENGINE, reason, FETCH_AGAIN) from error
    if not isinstance(pipeline, SpeakerDiarization):
        reason = f"{folder} holds a {type(pipeline).__name__}, which tells no speakers apart"
        raise EngineUnavailable(ENGINE, reason, "Set PYANNOTE_MODEL to a speaker diarization pipeline")
    if pipeline._expects_num_speakers:
        reason = f"its {pipeline.klustering} must be told how many speakers there are"
        raise EngineUnavailable(ENGINE, reason, "Set PYANNOTE_MODEL to a pipeline with another clustering")
    try:
        pipeline.to(torch.device(device))
        return ChunkPipeline(pipeline, model=model, threads=threads)
    except (torch.OutOfMemoryError, MemoryError, OutOfDeviceMemory) as error:
        raise _too_large(folder, device) from error
    except (RuntimeError, AssertionError) as error:
        # Torch says so of a GPU that is not there, of a driver too old, and of a build without CUDA.
        reason = f"{folder.name} cannot be put onto {device}: {_first_line(error)}"
        remedy = "Set PYANNOTE_DEVICE=cpu, or fetch the model again"
        raise EngineUnavailable(ENGINE, reason, remedy) from error


_BROKEN = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    ImportError,
    EOFError,
    RuntimeError,
    pickle.UnpicklingError,
    zipfile.BadZipFile,
)
"""What broken files make of torch, numpy, Lightning and pyannote; the reason has their words."""


def _yaml_error() -> type[Exception]:
    """Of the library by which pyannote reads its config; it is pyannote's dependency, and not ours."""
    error: type[Exception] = import_module("yaml").YAMLError
    return error


def _too_large(folder: Path, device: str) -> EngineUnavailable:
    reason = f"{folder.name} does not fit into the memory of {device}"
    return EngineUnavailable(ENGINE, reason, "Set PYANNOTE_DEVICE=cpu, or make room")


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
