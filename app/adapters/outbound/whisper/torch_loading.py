"""Getting Whisper's weights from a folder onto a device, and saying what is wrong with them."""

from pathlib import Path
from typing import Any

from app.adapters.outbound import torchaudio_stand_in
from app.adapters.outbound.torch_threads import wait_without_spinning
from app.adapters.outbound.whisper.vocabulary import Vocabulary
from app.domain.errors import EngineUnavailable

ENGINE = "whisper"
DTYPES = ("float32", "bfloat16", "float16")
_FETCH_AGAIN = "Remove and fetch them again: diarist models rm NAME, diarist models pull NAME"


def load_network(folder: Path, *, device: str, dtype: str) -> tuple[Any, Vocabulary]:
    """A WhisperForConditionalGeneration, set to evaluate, and the tokens it knows.

    `dtype` "auto": float32 on a CPU, and on a GPU bfloat16, or float16 where that is all it knows.

    Raises `EngineUnavailable` when the folder is incomplete or broken, or does not fit onto the device.
    """
    if dtype not in ("auto", *DTYPES):
        choice = f"Set WHISPER_COMPUTE_TYPE to auto, {', '.join(DTYPES)}"
        raise EngineUnavailable(ENGINE, f"it cannot compute in {dtype!r}", choice)
    wait_without_spinning()
    import torch

    torchaudio_stand_in.install()
    from safetensors import SafetensorError
    from transformers import WhisperForConditionalGeneration
    from transformers.utils import logging

    quietly: Any = logging.disable_progress_bar
    quietly()
    from_pretrained: Any = WhisperForConditionalGeneration.from_pretrained
    try:
        # Without it, transformers takes a geometry of its own.
        if not (folder / "config.json").is_file():
            raise FileNotFoundError("there is no config.json")
        network, report = from_pretrained(
            folder,
            dtype=getattr(torch, _fitting(device) if dtype == "auto" else dtype),
            attn_implementation="sdpa",
            local_files_only=True,
            output_loading_info=True,
        )
        # What a file lacks, transformers makes up.
        if lacking := sorted({*report["missing_keys"], *map(str, report["mismatched_keys"])}):
            raise ValueError(f"{len(lacking)} of them are not there, like {lacking[0]}")
        multilingual = bool(getattr(network.generation_config, "is_multilingual", True))
        vocabulary = Vocabulary.of_model(folder, multilingual=multilingual)
        return network.to(device).eval(), vocabulary
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise _too_large(folder, device) from error
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        reason = f"the weights in {folder} cannot be loaded: {error}"
        raise EngineUnavailable(ENGINE, reason, _FETCH_AGAIN) from error
    except (RuntimeError, AssertionError) as error:
        if "can't allocate memory" in str(error):
            raise _too_large(folder, device) from error
        # Torch says so of a GPU that is not there, of a driver too old, and of a build without CUDA.
        reason = f"{folder.name} cannot be put onto {device}: {error}"
        raise EngineUnavailable(ENGINE, reason, "Set WHISPER_DEVICE=cpu, or fetch the model again") from error


def _fitting(device: str) -> str:
    import torch

    if device == "cpu":
        return "float32"
    return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"


def _too_large(folder: Path, device: str) -> EngineUnavailable:
    return EngineUnavailable(
        ENGINE,
        f"{folder.name} does not fit into the memory of {device}",
        "Set WHISPER_MODEL to a smaller model, WHISPER_COMPUTE_TYPE=bfloat16, or WHISPER_DEVICE=cpu",
    )
