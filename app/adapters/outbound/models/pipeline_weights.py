"""The folder of a pyannote pipeline: somebody's own, or in the hub's cache, brought there if allowed."""

import logging
from pathlib import Path

from app.adapters.outbound.models.fetching import Failed, Watch, fetch
from app.adapters.outbound.models.integrity import Unfit
from app.adapters.outbound.models.pipelines import check_pipeline
from app.adapters.outbound.models.source import Source, locate
from app.domain.errors import EngineUnavailable
from app.domain.models import Layout

ENGINE = "pyannote"
LAYOUT: Layout = "pyannote"

_log = logging.getLogger(__name__)


class PipelineWeights:
    """A pipeline by its name on the hub, or a folder. Only with `download` is the hub asked, by `obtain`."""

    def __init__(
        self, model: str, *, revision: str | None = None, token: str | None = None, download: bool = False
    ) -> None:
        self._model = model
        self._revision = revision
        self._token = token
        self._download = download

    @property
    def model(self) -> str:
        """The name on the hub, or the whole path of the folder."""
        return self._locate().model

    def revision(self) -> str | None:
        """The commit that is here; None for folders, and while nothing is here."""
        return self._locate().revision

    def check(self) -> None:
        """Raise `EngineUnavailable` unless all of it is here. Quick: reads no weights."""
        source = self._locate()
        if source.folder is None:
            if source.local:
                raise self._unavailable("there is no such folder", "Check PYANNOTE_MODEL")
            raise self._unavailable("its weights are not here", self._pull)
        try:
            check_pipeline(source.folder)
        except Unfit as unfit:
            again = "Check PYANNOTE_MODEL, or copy the model there again" if source.local else self._pull
            raise self._unavailable(str(unfit), unfit.remedy or again) from unfit

    def obtain(self, *, refresh: bool = False, watch: Watch | None = None) -> Path:
        """The folder of the whole pipeline. Blocks; downloads where it is not here and that is allowed.

        Only `refresh` asks the hub whether there is something newer. Raises `EngineUnavailable`, and
        `Stopped` when the watch says so.
        """
        source = self._locate()
        whole = _is_whole(source)
        if self._download and not source.local and (refresh or not whole):
            self._fetch(watch or Watch(), have=whole, again=source.folder is not None and not whole)
        self.check()
        folder = self._locate().folder
        assert folder is not None
        return folder

    def _fetch(self, watch: Watch, *, have: bool, again: bool) -> None:
        try:
            fetch(
                self._model,
                revision=self._revision,
                layout=LAYOUT,
                token=self._token,
                again=again,
                watch=watch,
            )
        except Failed as failed:
            if not (failed.retry and have):
                remedy = f"{failed.remedy}. {self._pull}" if failed.remedy else self._pull
                raise self._unavailable(failed.reason, remedy) from failed
            _log.warning("%s: %s; what is here is used", self._model, failed.reason)

    def _locate(self) -> Source:
        return locate(self._model, self._revision)

    @property
    def _pull(self) -> str:
        revision = f" --revision {self._revision}" if self._revision else ""
        return f"Run: diarist models pull {self._model}{revision}"

    def _unavailable(self, reason: str, remedy: str) -> EngineUnavailable:
        return EngineUnavailable(ENGINE, f"{self._model}: {reason}", remedy)


def _is_whole(source: Source) -> bool:
    if source.folder is None:
        return False
    try:
        check_pipeline(source.folder)
    except Unfit:
        return False
    return True
