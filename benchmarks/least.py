"""The least that a service over HTTP can do with a signed filing, as a peer: the same server and libraries verify the signature,
read the body, insert its bytes in a commit of their own and sign an answer. Nothing is checked, asked, told or logged.

    python -m benchmarks.least FILE   # serves at a free port, which it prints, with a new SQLite file
"""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antalya.entry.serving import listener
from antalya.model import Operation
from antalya.store.system import clock
from antalya.wire.notice import public_key, verify
from benchmarks.bare import connect
from benchmarks.exchanges import SIGNER


def application(file: Path) -> Starlette:
    """Keeps the bytes of filings of one party."""
    db = connect(file)
    db.execute("CREATE TABLE filing (id TEXT PRIMARY KEY, body BLOB)")
    known = public_key(SIGNER)
    keys, decoder = {known.kid: known.x}, msgspec.json.Decoder(Operation)

    async def keep(request: Request) -> Response:
        body = await request.body()
        payload = verify(body, keys, "POST /v1/operations", clock()).payload
        db.execute("INSERT INTO filing VALUES (?, ?)", (decoder.decode(payload).id, body))
        return Response(payload, 201, {"signature": SIGNER.sign(payload).hex()}, "application/json")
    return Starlette(routes=[Route("/v1/operations", keep, methods=["POST"])])


@contextmanager
def served(scratch: Path) -> Iterator[str]:
    """In a process of its own; its address."""
    file = scratch / "least.sqlite"
    for left in scratch.glob("least.sqlite*"):
        left.unlink()
    with subprocess.Popen([sys.executable, "-m", "benchmarks.least", str(file)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


if __name__ == "__main__":
    with listener("127.0.0.1", 0) as taken:
        taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sys.stdout.write(f"{taken.getsockname()[1]}\n")
        sys.stdout.flush()
        config = uvicorn.Config(application(Path(sys.argv[1])), access_log=False, log_level="error")
        asyncio.run(uvicorn.Server(config).serve(sockets=[taken]))
