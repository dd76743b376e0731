"""Lets torchaudio be imported beside a CPU build of torch.

The index's torchaudio is linked against CUDA, so `import torchaudio` raises `OSError: libc10_cuda.so` where
torch has none, and with it the import of all that mentions torchaudio: transformers' Whisper, pyannote.
What these use of it is pure Python; only the compiled extension cannot be loaded.
"""

import sys
from types import ModuleType
from typing import Any

_EXTENSION = "torchaudio._extension"


def install() -> None:
    """Put an empty module in the place of torchaudio's extension. Call it before the first import.

    Imports torch. Does nothing where torch has CUDA, or where torchaudio was imported already; calling
    it twice is no error.
    """
    import torch

    if torch.version.cuda is not None or "torchaudio" in sys.modules or _EXTENSION in sys.modules:
        return
    extension: Any = ModuleType(_EXTENSION)
    extension._IS_TORCHAUDIO_EXT_AVAILABLE = False
    extension._IS_ALIGN_AVAILABLE = False
    extension.fail_if_no_align = lambda function: function
    extension._check_cuda_version = lambda: None
    sys.modules[_EXTENSION] = extension
