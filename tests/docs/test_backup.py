"""The backup of docs/scale.md, as it is written there, of an exchange that is served."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.crash.audit import Audit
from tests.crash.doors import WIDE, Door, patrol, registered
from tests.served import ExchangeServer, antalya

from antalya.ledger.checkpoint import Verifier
from antalya.store.system import ids
from antalya.wire.canonical import canonical

SCALE = Path(__file__).parents[2] / "docs" / "scale.md"


def filed(server: ExchangeServer, count: int) -> None:
    with Door(server, "TR") as door:
        for n in range(count):
            assert door.send("POST", "/v1/operations", canonical(patrol(ids(), "TR", 30 + n, 10, 0.02)))[0] == 201


def test_a_copy_has_what_was_answered_and_is_served_again(new_exchange_server: Callable[..., ExchangeServer], tmp_path: Path) -> None:
    said = re.search(r'sqlite3 ops/antalya.sqlite "(.*)"', SCALE.read_text(encoding="utf-8"))
    assert said
    server, copy = new_exchange_server(WIDE, parties=False), tmp_path / "backup.sqlite"
    file = server.dir / "antalya.sqlite"
    registered(server, ["TR"])
    filed(server, 5)
    with closing(sqlite3.connect(file)) as db:
        db.execute(said[1].replace("backup.sqlite", str(copy)))
    filed(server, 2)
    server.kill()
    for end in ("", "-wal", "-shm"):
        Path(f"{file}{end}").unlink(missing_ok=True)
    copy.rename(file)
    antalya("doctor", "--dir", server.dir)
    server.start()
    filed(server, 1)
    server.stop()
    audit = Audit(file)
    audit.everything(Verifier.parse(server.made["log_key"]), [])
    assert len(audit.operations()) == 6
    audit.close()
