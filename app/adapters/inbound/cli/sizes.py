"""Bytes for people."""

_UNITS = ("B", "kB", "MB", "GB")


def in_words(size_bytes: float) -> str:
    """In powers of a thousand, as disks are sold: `3.1 GB`."""
    for unit in _UNITS[:-1]:
        if size_bytes < 999.5:
            return f"{size_bytes:.0f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} {_UNITS[-1]}"
