"""Work that is done again and again for as long as an exchange serves: what goes wrong is logged, and never the end of it."""

import logging
from collections.abc import Callable

from anyio import to_thread

from antalya.model.errors import AntalyaError

FAILED = object()


async def tried(logger: logging.Logger, what: str, work: Callable[[], object], *, abandon: bool = True) -> object:
    """What some work came to, in a thread; FAILED where it raised anything, which is logged as "`what` failed".

    `abandon`: whoever is cancelled does not wait for it."""
    try:
        return await to_thread.run_sync(work, abandon_on_cancel=abandon)
    except AntalyaError as failure:
        logger.warning("%s failed", what, extra={"code": failure.code.name})
    except Exception:  # also what a database's own library raises and nobody foresaw
        logger.exception("%s failed", what)
    return FAILED
