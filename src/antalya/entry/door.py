"""The process of a door: `python -m antalya.entry.door`, begun by the keeper (`entry/keeper.py`) and by nobody else."""

import json
import socket
import sys
from pathlib import Path
from typing import Any

from antalya.entry.opening import hub_of
from antalya.entry.serving import desk_for, log_to_stderr, serve_as_door
from antalya.entry.settings import load


def begin(taken: socket.socket, keeper: socket.socket, directory: str, flags: dict[str, Any], *, test_keys: bool) -> None:
    """Takes requests at a listening socket until told to stop, or the keeper is gone."""
    loaded = load(Path(directory), flags)
    log_to_stderr(loaded.settings.log_level)
    hub = hub_of(loaded)
    try:
        serve_as_door(desk_for(loaded, hub, test_keys=test_keys), taken, keeper)
    finally:
        hub.store.close()


if __name__ == "__main__":
    begin(socket.socket(fileno=int(sys.argv[1])), socket.socket(fileno=int(sys.argv[2])), **json.loads(sys.argv[3]))
