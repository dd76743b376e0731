"""The models of this machine: what the hub's cache holds, and what was converted from it."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from pathlib import Path
from threading import Event

from app.adapters.outbound.models.child_run import Stopped
from app.adapters.outbound.models.contents import check_folder, layout_of, size_bytes
from app.adapters.outbound.models.fetching import Watch
from app.adapters.outbound.models.integrity import Unfit, read_json
from app.adapters.outbound.models.names import file_name, full_name, is_folder
from app.adapters.outbound.models.pipeline_weights import LAYOUT as PYANNOTE
from app.adapters.outbound.models.pipeline_weights import PipelineWeights
from app.adapters.outbound.models.pipelines import check_pipeline, is_pipeline
from app.adapters.outbound.models.prepared import Prepared, PreparedFolders
from app.adapters.outbound.models.source import conversion_cache, hub_cache, locate
from app.adapters.outbound.models.weights import WhisperWeights
from app.domain.errors import Conflict, InvalidOptions, NotFound, StorageFailed
from app.domain.models import Layout, PullEvent, PullProgress, StoredModel
from app.domain.ports.models import ModelStore

LAYOUTS: dict[str, Layout] = {"faster-whisper": "ctranslate2", "whisper": "transformers"}
"""What each engine reads."""

_OF_PYANNOTE = "pyannote/"
_OF_CTRANSLATE2 = {"alignment_heads", "suppress_ids", "lang_ids"}
"""What CTranslate2 writes into the config.json of a Whisper, and of nothing else."""


class HubModelStore(ModelStore):
    """Whispers, and pipelines of pyannote.

    `chosen` and `revision` are the Whisper of the settings, `cache` the folder of conversions; `pipeline` is
    the settings' pipeline.
    """

    def __init__(
        self,
        *,
        chosen: str,
        revision: str | None = None,
        cache: Path | None = None,
        token: str | None = None,
        pipeline: str | None = None,
    ) -> None:
        self._chosen = full_name(chosen)
        self._pipeline = pipeline
        self._revision = revision
        self._cache = (cache or conversion_cache()).expanduser().absolute()
        self._prepared = PreparedFolders(self._cache)
        self._token = token

    async def list(self) -> tuple[StoredModel, ...]:
        return await asyncio.to_thread(lambda: tuple(sorted(self._all(), key=lambda each: each.name)))

    async def pull(self, name: str, *, revision: str | None, engine: str | None) -> AsyncIterator[PullEvent]:
        weights = self._weights(name, revision, engine)
        loop, told, stop = asyncio.get_running_loop(), asyncio.Queue[PullProgress | None](), Event()

        def tell(progress: PullProgress | None) -> None:
            loop.call_soon_threadsafe(told.put_nowait, progress)

        working = asyncio.create_task(
            asyncio.to_thread(weights.obtain, refresh=True, watch=Watch(progress=tell, stop=stop))
        )
        working.add_done_callback(lambda _: told.put_nowait(None))
        try:
            while (progress := await told.get()) is not None:
                yield progress
            folder = await working
        finally:
            stop.set()
            with contextlib.suppress(Stopped):
                await working
        yield await asyncio.to_thread(self._described, folder, weights)

    def _weights(
        self, name: str, revision: str | None, engine: str | None
    ) -> WhisperWeights | PipelineWeights:
        if engine is None and self._is_pipeline(name):
            engine = PYANNOTE
        engine = engine or ("faster-whisper" if find_spec("ctranslate2") else "whisper")
        if engine == PYANNOTE:
            return PipelineWeights(name, revision=revision, token=self._token, download=True)
        if engine not in LAYOUTS:
            engines = ", ".join([*LAYOUTS, PYANNOTE])
            raise InvalidOptions("engine", f"must be one of {engines}, got {engine!r}")
        if engine == "faster-whisper" and find_spec("ctranslate2") is None:
            raise InvalidOptions(
                "engine", "faster-whisper is not installed: pip install 'diarist[faster-whisper]'"
            )
        if revision is None and full_name(name) == self._chosen:
            revision = self._revision
        return WhisperWeights(
            name,
            engine=engine,
            layout=LAYOUTS[engine],
            revision=revision,
            cache=self._cache,
            token=self._token,
            download=True,
        )

    def _is_pipeline(self, name: str) -> bool:
        """By its name, or by what is in the folder: nobody is asked."""
        folder = locate(name, None).folder
        known = name == self._pipeline or name.startswith(_OF_PYANNOTE)
        return known or (folder is not None and is_pipeline(folder))

    async def remove(self, name: str) -> int:
        try:
            return await asyncio.to_thread(self._remove, full_name(name))
        except OSError as error:
            what, why = error.filename or name, error.strerror or error
            raise StorageFailed(f"{what} cannot be removed: {why}") from error

    def _remove(self, name: str) -> int:
        local = is_folder(name)
        name = str(Path(name).expanduser().absolute()) if local else name
        repository = hub_cache() / f"models--{file_name(name)}"
        ours = [each for each in self._prepared.all() if each.model == name]
        downloaded = [] if local else list(_snapshots(repository))
        if not ours and not downloaded:
            if local and Path(name).exists():
                raise Conflict(f"{name} is a folder of yours; Diarist removes only what it brought here")
            if not local and repository.is_dir():
                raise Conflict(f"{name} is in the hub's cache, but no Whisper and no pipeline: left alone")
            raise NotFound("model", name)
        freed_bytes = 0
        for prepared in ours:
            freed_bytes += 0 if prepared.path.is_symlink() else size_bytes(prepared.path.iterdir())
            self._prepared.remove(prepared)
        if repository.is_symlink() and downloaded:
            repository.unlink()  # what it leads to was put there by somebody else
        elif downloaded:
            freed_bytes += size_bytes(repository.rglob("*"))
            shutil.rmtree(repository)
            shutil.rmtree(hub_cache() / ".locks" / repository.name, ignore_errors=True)
        return freed_bytes

    def _all(self) -> Iterator[StoredModel]:
        for repository in sorted(hub_cache().glob("models--*")):
            name = repository.name.removeprefix("models--").replace("--", "/")
            for folder in _snapshots(repository):
                yield self._stored(name, folder, revision=folder.name)
        for prepared in self._prepared.all():
            yield self._converted(prepared)

    def _converted(self, prepared: Prepared) -> StoredModel:
        return self._stored(prepared.model, prepared.path, revision=prepared.revision, converted=True)

    def _described(self, folder: Path, weights: WhisperWeights | PipelineWeights) -> StoredModel:
        ours = next((each for each in self._prepared.all() if each.path == folder), None)
        return (
            self._converted(ours)
            if ours
            else self._stored(weights.model, folder, revision=weights.revision())
        )

    def _stored(
        self, name: str, folder: Path, *, revision: str | None, converted: bool = False
    ) -> StoredModel:
        problem, layout = None, _layout(folder, converted=converted)
        try:
            (check_pipeline if layout == PYANNOTE else check_folder)(folder)
        except (Unfit, OSError) as error:
            problem = str(error)
        files = folder.rglob("*")
        chosen = locate(self._chosen, self._revision)
        if layout == PYANNOTE and self._pipeline is not None:
            chosen = locate(self._pipeline, None)
        return StoredModel(
            name=name,
            revision=revision,
            layout=layout,
            path=folder,
            # The hub's cache links to its blobs; what we link to is counted where it is.
            size_bytes=size_bytes(files if converted else (path.resolve() for path in files)),
            converted=converted,
            problem=problem,
            chosen=name == chosen.model and chosen.revision in (revision, None),
        )


def _layout(folder: Path, *, converted: bool) -> Layout:
    if is_pipeline(folder):
        return PYANNOTE
    try:
        return layout_of({path.name for path in folder.iterdir()}) or "transformers"
    except (Unfit, OSError):
        return "ctranslate2" if converted else "transformers"


def _snapshots(repository: Path) -> Iterator[Path]:
    """The revisions of a repository that are Whispers or pipelines, whole or not."""
    for folder in sorted((repository / "snapshots").glob("*")):
        if is_pipeline(folder):
            yield folder
            continue
        with contextlib.suppress(Unfit):
            config = read_json(folder / "config.json")
            if config.get("model_type") == "whisper" or not _OF_CTRANSLATE2.isdisjoint(config):
                yield folder
