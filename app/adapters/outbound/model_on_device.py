"""One model on one device: loaded, run on threads of its own, and let go of again."""

import asyncio
import ctypes
import gc
import logging
import threading
import traceback
from abc import abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar

from app.domain.errors import EngineFailed, EngineUnavailable

Item = TypeVar("Item")
Item_contra = TypeVar("Item_contra", contravariant=True)
Result = TypeVar("Result")

log = logging.getLogger(__name__)


class OutOfDeviceMemory(EngineFailed):
    """The device had too little memory for a batch. Raised by models; batches are then halved."""

    def __init__(self, engine: str) -> None:
        super().__init__(
            engine,
            "the device ran out of memory even for a single request: choose a smaller model or a smaller"
            " number format, or end what else uses the device",
        )


class BatchModel(Protocol[Item_contra, Result]):
    """A model that is loaded on one device."""

    @abstractmethod
    def run(self, batch: Sequence[Item_contra]) -> list[Result]:
        """The results, in the order of the batch. Blocks; called from worker threads.

        Raises `OutOfDeviceMemory` or another `EngineFailed`.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the model and the memory it took. Nothing is running then, or will be."""


class ModelOnDevice(Generic[Item, Result]):
    """Where one model lives, between loads too.

    `batch_size` is what it takes at once: as given, and less after the device ran out of memory, until
    the model is loaded anew. At most `threads` calls of `run` at a time.
    """

    def __init__(
        self,
        loader: Callable[[], BatchModel[Item, Result]],
        *,
        name: str,
        threads: int,
        batch_size: int,
    ) -> None:
        self._loader = loader
        self._name = name
        self._threads = threads
        self._most = self.batch_size = batch_size
        self._loading = threading.Lock()
        self._model: BatchModel[Item, Result] | None = None
        self._executor: ThreadPoolExecutor | None = None

    @property
    def in_use(self) -> bool:
        """Whether there may be something to let go of: a model, half of one, or threads."""
        return self._executor is not None

    async def load(self) -> None:
        """Load the model unless it is there. Raises `EngineUnavailable`."""
        await asyncio.get_running_loop().run_in_executor(self._workers(), self._load)

    async def run(self, batch: Sequence[Item]) -> list[Result | EngineFailed]:
        """A result or an error for each item, in order. The model must be loaded."""
        return await asyncio.get_running_loop().run_in_executor(self._workers(), self._outcomes, batch)

    async def close(self) -> None:
        """Wait for what is running, let go of the model and end the threads."""
        await asyncio.to_thread(self._close)

    def _workers(self) -> ThreadPoolExecutor:
        if self._executor is None:
            self._executor = ThreadPoolExecutor(self._threads, thread_name_prefix=self._name)
        return self._executor

    def _load(self) -> None:
        with self._loading:
            if self._model is not None:
                return
            try:
                self._model = self._loader()
            except EngineUnavailable:
                raise
            except Exception as error:
                log.exception("%s could not be loaded", self._name)
                raise EngineUnavailable(
                    self._name, f"its model could not be loaded ({error})", "The log has the cause."
                ) from error
            self.batch_size = self._most

    def _close(self) -> None:
        if self._executor is not None:
            self._executor.shutdown()
            self._executor = None
        model, self._model = self._model, None
        if model is None:
            return
        try:
            model.close()
        except Exception:
            log.exception("%s could not be closed properly", self._name)

    def _outcomes(self, batch: Sequence[Item]) -> list[Result | EngineFailed]:
        try:
            return [*self._run(batch)]
        except EngineFailed as error:
            _clear_frames(error)
            if len(batch) == 1:
                return [error]
            size = self._smaller(len(batch), error)
        # Not in the handler: what an error still refers to takes up memory.
        parts = (batch[start : start + size] for start in range(0, len(batch), size))
        return [outcome for part in parts for outcome in self._outcomes(part)]

    def _run(self, batch: Sequence[Item]) -> list[Result]:
        model = self._model
        if model is None:
            raise RuntimeError(f"{self._name} is not loaded")
        try:
            results = model.run(batch)
            if len(results) != len(batch):
                raise ValueError(f"{len(results)} results for a batch of {len(batch)}")
        except EngineFailed:
            raise
        except Exception as error:
            log.exception("%s broke on a batch of %d", self._name, len(batch))
            reason = f"unexpected {type(error).__name__}, the log has the cause"
            raise EngineFailed(self._name, reason) from error
        return results

    def _smaller(self, size: int, error: EngineFailed) -> int:
        """In batches of how many to try again what failed as one of `size`."""
        if not isinstance(error, OutOfDeviceMemory):
            # One item may be to blame, and should fail alone.
            return 1
        half = (size + 1) // 2
        self.batch_size = min(self.batch_size, half)
        log.warning("%s ran out of memory on a batch of %d: it now takes %d at once", self._name, size, half)
        return half


def _clear_frames(error: BaseException) -> None:
    """Let go of the variables of the functions that an error came through: tensors, on a full device."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        traceback.clear_frames(link.__traceback__)
        link = link.__cause__ or link.__context__


def return_memory() -> None:
    """Give memory that is no longer used back to the system. Blocks for some tenths of a second.

    The C library keeps freed memory for later, hundreds of megabytes after a model; glibc can be asked.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
