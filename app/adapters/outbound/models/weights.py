"""The weights of a Whisper, from wherever they are to where an engine finds them."""

import json
import logging
from importlib.util import find_spec
from pathlib import Path

from app.adapters.outbound.models.child_run import Stopped
from app.adapters.outbound.models.contents import (
    PREPROCESSOR,
    check_folder,
    check_layout,
    is_complete,
    layout_of,
    preprocessor,
)
from app.adapters.outbound.models.fetching import Failed, Watch, convert, fetch
from app.adapters.outbound.models.integrity import Unfit
from app.adapters.outbound.models.languages import languages_of
from app.adapters.outbound.models.names import full_name, is_commit
from app.adapters.outbound.models.prepared import PreparedFolders
from app.adapters.outbound.models.source import Source, conversion_cache, locate
from app.domain.errors import EngineUnavailable
from app.domain.models import Layout

__all__ = ["Layout", "Stopped", "Watch", "WhisperWeights"]

_log = logging.getLogger(__name__)

_CONVERTER = ("ctranslate2", "torch", "transformers")


class WhisperWeights:
    """The weights of one Whisper in the layout that an engine reads.

    `model` is a name on the hub, a folder, or a size such as `large-v3`. Errors name `engine`, and the
    remedy. Only with `download` is the hub asked, and only by `obtain`.
    """

    def __init__(
        self,
        model: str,
        *,
        engine: str,
        layout: Layout,
        revision: str | None = None,
        cache: Path | None = None,
        token: str | None = None,
        download: bool = False,
    ) -> None:
        self._model = full_name(model)
        self._engine = engine
        self._layout = layout
        self._revision = revision
        self._prepared = PreparedFolders((cache or conversion_cache()).expanduser().absolute())
        self._token = token
        self._download = download

    @property
    def model(self) -> str:
        """The name on the hub, also where a size was given; or the folder."""
        return self._model

    def revision(self) -> str | None:
        """The commit that is here, or else the revision that was asked for; None for folders."""
        source = self._locate()
        if source.local or source.revision is not None:
            return source.revision
        found = self._prepared.find(source, self._revision, self._layout)
        return found.name if found is not None else self._revision

    def languages(self) -> frozenset[str]:
        """Codes as Whisper writes them; guessed by the name while nothing is here. Loads nothing."""
        source = self._locate()
        folder = source.folder or self._prepared.find(source, self._revision, self._layout)
        return languages_of(folder, self._model)

    def check(self) -> None:
        """Raise `EngineUnavailable` unless what is here will do. Quick: reads no weights."""
        source = self._locate()
        if self._ready(source) is None:
            self._convertible(source)

    def obtain(self, *, refresh: bool = False, watch: Watch | None = None) -> Path:
        """The folder, with tokenizer.json and preprocessor_config.json beside the weights. Blocks.

        Converts where need be, and downloads where nothing usable is here. Only `refresh` asks the hub
        whether there is something newer.
        Raises `EngineUnavailable`, and `Stopped` when the watch says so.
        """
        watch = watch or Watch()
        source = self._locate()
        if (ready := self._ready(source)) is not None and not refresh:
            return ready
        usable = ready is not None or (source.folder is not None and not _is_damaged(source.folder))
        if self._download and not source.local and (refresh or not usable):
            source = self._fetch(source, watch, have=usable)
            ready = self._ready(source)
        if ready is not None:
            return ready
        folder = self._convertible(source)
        try:
            return self._prepared.make(
                source,
                self._revision,
                self._layout,
                lambda target: self._build(folder, target, watch),
                watch.stop,
            )
        except Failed as failed:
            raise self._unavailable(failed.reason, failed.remedy or "The log may tell more") from failed
        except (Unfit, OSError) as error:
            raise self._unavailable(f"it cannot be converted: {error}", "Check MODEL_CACHE_PATH") from error

    def _locate(self) -> Source:
        return locate(self._model, self._revision)

    def _ready(self, source: Source) -> Path | None:
        """The folder that an engine can open as it is."""
        if (
            source.folder is not None
            and _layout_in(source.folder) == self._layout
            and is_complete(source.folder)
        ):
            try:
                check_folder(source.folder)
            except (Unfit, OSError):
                return None
            return source.folder
        return self._prepared.find(source, self._revision, self._layout)

    def _convertible(self, source: Source) -> Path:
        """The folder from which the wanted layout can be made."""
        if source.folder is None:
            if source.local:
                raise self._unavailable("there is no such folder", "Check WHISPER_MODEL")
            raise self._unavailable("its weights are not here", self._pull)
        try:
            check_folder(source.folder)
            layout = _layout_in(source.folder) or self._layout
            check_layout(layout, self._layout)
            preprocessor(source.folder)
        except (Unfit, OSError) as error:
            remedy = "Check WHISPER_MODEL, or copy the model there again" if source.local else self._pull
            raise self._unavailable(str(error), getattr(error, "remedy", None) or remedy) from error
        missing = [name for name in _CONVERTER if find_spec(name) is None]
        if missing and layout != self._layout:
            reason = f"to convert it, {' and '.join(missing)} must be installed"
            raise self._unavailable(reason, f"Run: pip install {' '.join(missing)}")
        return source.folder

    def _fetch(self, source: Source, watch: Watch, *, have: bool) -> Source:
        if have and self._revision is not None and is_commit(self._revision):
            return source
        try:
            fetch(
                self._model,
                revision=self._revision,
                layout=self._layout,
                token=self._token,
                again=source.folder is not None and _is_damaged(source.folder),
                watch=watch,
            )
        except Failed as failed:
            if not (failed.retry and have):
                again = failed.remedy and failed.retry
                remedy = f"{failed.remedy}. {self._pull}" if again else failed.remedy or self._pull
                raise self._unavailable(failed.reason, remedy) from failed
            _log.warning("%s: %s; what is here is used", self._model, failed.reason)
        return self._locate()

    def _build(self, folder: Path, target: Path, watch: Watch) -> None:
        if _layout_in(folder) == self._layout:
            target.mkdir()
            for path in folder.iterdir():
                if path.is_file():
                    (target / path.name).symlink_to(path.resolve())
        else:
            convert(folder, target, watch)
        if not is_complete(target):
            (target / PREPROCESSOR).write_text(json.dumps(preprocessor(folder), indent=2))

    @property
    def _pull(self) -> str:
        revision = f" --revision {self._revision}" if self._revision else ""
        return f"Run: diarist models pull {self._model}{revision}"

    def _unavailable(self, reason: str, remedy: str) -> EngineUnavailable:
        return EngineUnavailable(self._engine, f"{self._model}: {reason}", remedy)


def _layout_in(folder: Path) -> Layout | None:
    try:
        return layout_of({path.name for path in folder.iterdir()})
    except (Unfit, OSError):
        return None


def _is_damaged(folder: Path) -> bool:
    try:
        check_folder(folder)
    except (Unfit, OSError):
        return True
    return False
