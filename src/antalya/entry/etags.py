"""ETags of versions, as proxies that pack answers change them: weak (nginx), or with how they packed (Apache, Caddy, Jetty)."""

import re

_VERSION = re.compile(r'(?:W/)?"?([0-9]{1,9})(?:--?(?:gzip|br|zstd|deflate))?"?')


def version_in(etag: str) -> int | None:
    """The version in an ETag; None where it is not one that this exchange ever gave."""
    found = _VERSION.fullmatch(etag.strip())
    return int(found[1]) if found else None
