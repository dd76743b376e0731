"""Which format a client would like best, by its Accept header."""

from app.application.formats import FORMATS


def format_for(accept: str) -> str | None:
    """The name of the format for an Accept header (RFC 9110, section 12.5.1), None when none will do.

    Of equally welcome ones the first in `FORMATS`, so JSON for those who take anything.
    """
    wanted = [_range(each) for each in accept.split(",") if each.strip()] or [("*/*", 1.0)]
    quality = {name: _quality(written.media_type, wanted) for name, written in FORMATS.items()}
    best = max(quality, key=lambda name: quality[name])
    return best if quality[best] > 0 else None


def _range(text: str) -> tuple[str, float]:
    media_range, *parameters = (part.strip().lower() for part in text.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return media_range, float(value)
            except ValueError:
                return media_range, 0.0
    return media_range, 1.0


def _quality(media_type: str, wanted: list[tuple[str, float]]) -> float:
    """What the most specific range that covers the type says; 0 when none does."""
    given = dict(wanted)
    for media_range in (media_type, media_type.split("/")[0] + "/*", "*/*"):
        if media_range in given:
            return given[media_range]
    return 0.0
