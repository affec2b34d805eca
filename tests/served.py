"""An exchange as a user has it: made by `antalya init`, served by `antalya serve` in a process of its own on a free port.
The fixtures `exchange_server` and `new_exchange_server` (tests/conftest.py) hand it out."""

import json
import os
import signal
import subprocess
import sys
from copy import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from typer.testing import CliRunner, Result

from antalya.entry.cli import app
from antalya.store.keys import load as load_keys
from antalya.wire.tokens import mint

ANTALYA = (sys.executable, "-m", "antalya")
PARTY = ("antalya.read", "antalya.file", "antalya.answer")
PARTIES = {"TR": ("Turkey", ("TAF", "OPP")), "RU": ("Russia", ("RUF", "SAA")), "US": ("United States", ("USF", "SDF")),
           "AID": ("Relief agency", ())}
"""The parties of a new exchange server, and the forces they answer for."""

_ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("ANTALYA_")} | {"COLUMNS": "200"}


def antalya(*words: object, code: int | None = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line in a process of its own; its exit code must be `code` (None: any), and it shows no traceback."""
    done = subprocess.run([*ANTALYA, *map(str, words)], capture_output=True, text=True, timeout=120,
                          env=_ENVIRONMENT | environment)
    assert code is None or done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def heeds_ctrl_c() -> None:
    """For `preexec_fn`: a test run in the background of a script ignores SIGINT, or SIGHUP, and its children would too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def typed(*words: object, code: int | None = 0, **environment: str) -> Result:
    """Runs a command in this process, which is quicker; otherwise as `antalya`. `stdout` and `stderr` are what it printed."""
    unset = {name: None for name in os.environ if name.startswith("ANTALYA_")}
    done = CliRunner().invoke(app, [*map(str, words)], env=unset | {"COLUMNS": "200"} | environment, prog_name="antalya")
    assert code is None or done.exit_code == code, (words, done.exit_code, done.stdout, done.stderr, done.exception)
    return done


def plan(path: Path, lon: float = 37.95, **properties: Any) -> Path:
    """A GeoJSON file with one patrol over two kilometres, two to four hours from now."""
    start = (datetime.now(UTC) + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
    feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, 36.53]},
               "properties": {"radius_m": 2000, "operation": path.stem, "activity": "patrol", "lower_m": 0, "upper_m": 900,
                              "starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=2)).isoformat()} | properties}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


class ExchangeServer:
    """A served exchange. `url`; `dir`, its directory; `made`, what `init --json` said (`operator_token`, `log_key`);
    `process`. Its clock is the machine's: file operations in the next days, near Manbij (37.95, 36.53) if anywhere.

    `limits` are settings, e.g. `{"burst": 3}`; `parties` False leaves it without parties. `store`: a PostgreSQL database;
    `doors`: so many processes take its requests, from the next start on. A second process of the same exchange is made by `beside`.
    """

    def __init__(self, directory: Path, limits: dict[str, Any] | None = None, *, parties: bool = True,
                 store: str | None = None, doors: int = 0) -> None:
        self.dir, self.doors = directory, doors
        where = ("--store", store) if store else ()
        self.made: dict[str, str] = json.loads(antalya("init", directory, "--json", *where).stdout)
        lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in ({"burst": 1_000_000} | (limits or {})).items())
        with (directory / "antalya.toml").open("a") as settings:
            settings.write(f"\n[limits]\n{lines}")
        self._keys, self._clients = load_keys(directory / "keys"), list[httpx.Client]()
        self.start()
        if parties:
            self._register()

    def beside(self) -> "ExchangeServer":
        """Another process of the same exchange, on a port of its own. To be stopped by the caller."""
        other = copy(self)
        other._clients = []
        other.start()
        return other

    def start(self, port: int = 0) -> None:
        """Starts the server (again); it listens when this returns. Its log goes to `dir`/server.log."""
        with (self.dir / "server.log").open("ab") as log:
            doors = ("--doors", str(self.doors)) if self.doors else ()
            self.process = subprocess.Popen([*ANTALYA, "serve", "--dir", str(self.dir), "--port", str(port), *doors], text=True,
                                            stdout=subprocess.PIPE, stderr=log, env=_ENVIRONMENT)
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert " at http" in said, (said, self.log)
        self.url = said.split(" at ")[1].split()[0]

    def _register(self) -> None:
        operator = self.client("operator", "antalya.read", "antalya.operate")
        for id_, (name, forces) in PARTIES.items():
            operator.put(f"/v1/parties/{id_}", json={"id": id_, "name": name}).raise_for_status()
            for force in forces:
                operator.put(f"/v1/forces/{force}", json={"id": force, "name": force, "answers": id_}).raise_for_status()

    @property
    def log(self) -> str:
        """What the server has logged so far: a JSON object a line."""
        return (self.dir / "server.log").read_text()

    def token(self, party: str, *scopes: str, life_s: float = 86_400) -> str:
        """A token for a party; unless told it may read, file and answer."""
        return mint("local", self._keys.issuer, party, scopes or PARTY, "antalya.local", datetime.now(UTC), life_s)

    def client(self, party: str, *scopes: str) -> httpx.Client:
        """An HTTP client that calls as a party; closed at the end."""
        made = httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {self.token(party, *scopes)}"}, timeout=30)
        self._clients.append(made)
        return made

    def run(self, party: str, *words: object, code: int | None = 0) -> Result:
        """Runs a command as a party (or as `operator`) against this exchange; see `typed`."""
        return typed(*words, code=code, **self.environment(party))

    def environment(self, party: str) -> dict[str, str]:
        """The environment in which a party's commands find this exchange."""
        token = self.made["operator_token"] if party == "operator" else self.token(party)
        return {"ANTALYA_TOKEN": token, "ANTALYA_URL": self.url}

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        for client in self._clients:
            client.close()
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            assert self.process.stdout is not None
            self.process.stdout.close()
