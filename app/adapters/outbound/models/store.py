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
from app.adapters.outbound.models.prepared import Prepared, PreparedFolders
from app.adapters.outbound.models.source import conversion_cache, hub_cache, locate
from app.adapters.outbound.models.weights import WhisperWeights
from app.domain.errors import Conflict, InvalidOptions, NotFound, StorageFailed
from app.domain.models import Layout, PullEvent, PullProgress, StoredModel
from app.domain.ports.models import ModelStore

LAYOUTS: dict[str, Layout] = {"faster-whisper": "ctranslate2", "whisper": "transformers"}
"""What each engine reads."""

_OF_CTRANSLATE2 = {"alignment_heads", "suppress_ids", "lang_ids"}
"""What CTranslate2 writes into the config.json of a Whisper, and of nothing else."""


class HubModelStore(ModelStore):
    """Whispers. `chosen` and `revision` are those of the settings, `cache` the folder of conversions."""

    def __init__(
        self,
        *,
        chosen: str,
        revision: str | None = None,
        cache: Path | None = None,
        token: str | None = None,
    ) -> None:
        self._chosen = full_name(chosen)
        self._revision = revision
        self._cache = (cache or conversion_cache()).expanduser().absolute()
        self._prepared = PreparedFolders(self._cache)
        self._token = token

    async def list(self) -> tuple[StoredModel, ...]:
        return await asyncio.to_thread(lambda: tuple(sorted(self._all(), key=lambda each: each.name)))

    async def pull(self, name: str, *, revision: str | None, engine: str | None) -> AsyncIterator[PullEvent]:
        engine = engine or ("faster-whisper" if find_spec("ctranslate2") else "whisper")
        if engine not in LAYOUTS:
            raise InvalidOptions("engine", f"must be one of {', '.join(LAYOUTS)}, got {engine!r}")
        if engine == "faster-whisper" and find_spec("ctranslate2") is None:
            raise InvalidOptions(
                "engine", "faster-whisper is not installed: pip install 'diarist[faster-whisper]'"
            )
        if revision is None and full_name(name) == self._chosen:
            revision = self._revision
        weights = WhisperWeights(
            name,
            engine=engine,
            layout=LAYOUTS[engine],
            revision=revision,
            cache=self._cache,
            token=self._token,
            download=True,
        )
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
                raise Conflict(f"{name} is in the hub's cache, but it is no Whisper; it was left alone")
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

    def _described(self, folder: Path, weights: WhisperWeights) -> StoredModel:
        ours = next((each for each in self._prepared.all() if each.path == folder), None)
        return (
            self._converted(ours)
            if ours
            else self._stored(weights.model, folder, revision=weights.revision())
        )

    def _stored(
        self, name: str, folder: Path, *, revision: str | None, converted: bool = False
    ) -> StoredModel:
        problem = None
        try:
            check_folder(folder)
            layout = layout_of({path.name for path in folder.iterdir()}) or "transformers"
        except (Unfit, OSError) as error:
            problem, layout = str(error), "ctranslate2" if converted else "transformers"
        files = folder.iterdir()
        chosen = locate(self._chosen, self._revision)
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


def _snapshots(repository: Path) -> Iterator[Path]:
    """The revisions of a repository that are Whispers, whole or not."""
    for folder in sorted((repository / "snapshots").glob("*")):
        with contextlib.suppress(Unfit):
            config = read_json(folder / "config.json")
            if config.get("model_type") == "whisper" or not _OF_CTRANSLATE2.isdisjoint(config):
                yield folder
