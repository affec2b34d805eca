"""Eight client processes file 2,000 operations into one square at once: no clash is missed, none is made up.

The oracle is arithmetic on boxes in a plane, which shares nothing with the checks: at 30 km from the middle of the square a
metre of the plane is within 0.5 % of one on the ellipsoid, and no pair is made whose distance is near the limit.
"""

import json
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import combinations, cycle
from math import cos, hypot, radians
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.crash.audit import Audit
from tests.crash.doors import WIDE, patrol, registered
from tests.served import ExchangeServer

from antalya.ledger.checkpoint import Verifier
from antalya.store.system import ids
from antalya.wire.canonical import canonical

PARTIES = tuple(f"P{n}" for n in range(8))
STEPS = 250
ACROSS_M, UP_M = 500.0, 150.0
"""What two patrols keep apart (the default); windows here are whole hours and meet or lie an hour apart."""

WEST, SOUTH, SIDE = 37.0, 36.0, 0.3
EAST_M, NORTH_M = 111_320 * cos(radians(SOUTH + SIDE / 2)), 110_960.0


@dataclass(frozen=True)
class Box:
    """Metres east and north of the square's corner, a band in metres, hours of the day."""

    party: str
    east: float
    north: float
    size: float
    low: int
    start: int

    def gap_m(self, other: "Box") -> float:
        """How far apart in the plane."""
        def between(one: float, two: float) -> float:
            return max(0.0, one - (two + other.size), two - (one + self.size))
        return hypot(between(self.east, other.east), between(self.north, other.north))

    def together(self, other: "Box") -> bool:
        """Whether windows meet and bands (300 m high) are less than UP_M apart; only between parties."""
        return self.party != other.party and abs(self.start - other.start) <= 1 and abs(self.low - other.low) < 300 + UP_M

    def clashes(self, other: "Box") -> bool:
        return self.together(other) and self.gap_m(other) < ACROSS_M


def boxes(steps: int = STEPS) -> list[tuple[Box, Box]]:
    """Four couples a step (1,000 in all) that different parties file at that step, close to each other: most of them clash."""
    dice = random.Random(2017)
    made: list[Box] = []
    couples = []

    def clear_cut(box: Box) -> bool:
        return not any(box.together(other) and abs(box.gap_m(other) - ACROSS_M) < 50 for other in made)

    def placed(party: str, near: Box | None) -> Box:
        while True:
            if near is None:
                box = Box(party, dice.uniform(0, 25_000), dice.uniform(0, 31_000), dice.uniform(200, 1_500),
                          100 * dice.randrange(30), dice.randrange(22))
            else:
                box = Box(party, near.east + dice.uniform(-1_500, 1_500), near.north + dice.uniform(-1_500, 1_500),
                          dice.uniform(200, 1_500), near.low + 100 * dice.randint(-3, 3), near.start + dice.randint(-1, 1))
            if 0 <= box.start < 23 and clear_cut(box):
                made.append(box)
                return box
    for step in range(steps):
        for one, other in combinations(range(8), 2):
            if one ^ other == 1 + step % 7:  # every party has another partner at each step
                first = placed(PARTIES[one], None)
                couples.append((first, placed(PARTIES[other], first)))
    return couples


def test_the_oracle_s_boxes_are_what_the_test_says() -> None:
    couples = boxes()
    assert len(couples) == 1_000
    assert 400 < sum(one.clashes(other) for one, other in couples) < 1_000
    assert {party: sum(party in (one.party, other.party) for one, other in couples) for party in PARTIES} == dict.fromkeys(
        PARTIES, STEPS)


def body(box: Box, id_: str) -> bytes:
    """What is sent to file it."""
    return canonical(patrol(id_, box.party, WEST + box.east / EAST_M, SOUTH + box.north / NORTH_M, box.size / EAST_M,
                            box.size / NORTH_M, start_h=box.start, lower_m=box.low, upper_m=box.low + 300))


def filed_at_once(servers: Sequence[ExchangeServer], files: dict[str, Path]) -> dict[str, list[str]]:
    """Starts a process for each party, at the servers by turns, and lets them go together; the findings of each answer by the
    operation's id."""
    with ExitStack() as stack:
        clients = [stack.enter_context(subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("filer.py")), urlsplit(server.url).netloc, server.token(party), str(file)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
            for (party, file), server in zip(files.items(), cycle(servers))]
        for client in clients:
            stack.callback(client.kill)
        assert [client.stdout.readline() for client in clients if client.stdout] == ["ready\n"] * len(files)
        for client in clients:
            assert client.stdin is not None
            client.stdin.write("go\n")
            client.stdin.flush()
        said: dict[str, list[str]] = {}
        for client in clients:
            answer, wrong = client.communicate(timeout=300)
            assert client.returncode == 0, wrong
            said |= json.loads(answer)
    return said


@pytest.mark.slow
def test_eight_processes_file_into_one_square_and_no_clash_is_missed(new_exchange_server: Callable[..., ExchangeServer],
                                                                     tmp_path: Path) -> None:
    server = new_exchange_server(WIDE, parties=False)
    race([server], boxes(), server.dir / "antalya.sqlite", tmp_path)


def race(servers: Sequence[ExchangeServer], couples: list[tuple[Box, Box]], store: Path | str, tmp_path: Path) -> None:
    """Files them all at once; every pair that clashes, and no other, is found by at least one of its two filings."""
    registered(servers[0], PARTIES)
    placed = {ids(): box for couple in couples for box in couple}
    expected = {frozenset((one, other)) for (one, box), (other, beside) in combinations(placed.items(), 2) if box.clashes(beside)}
    files = {party: tmp_path / f"{party}.jsonl" for party in PARTIES}
    for party, file in files.items():
        file.write_bytes(b"\n".join(body(box, id_) for id_, box in placed.items() if box.party == party))
    said = filed_at_once(servers, files)
    assert said.keys() == placed.keys()
    for server in servers:
        server.kill()
    audit = Audit(store)
    audit.everything(Verifier.parse(servers[0].made["log_key"]), [])
    standing = audit.clashes()
    assert len(standing) == len(expected)
    assert set(standing.values()) == expected
    for finding, pair in standing.items():
        assert any(finding in said[id_] for id_ in pair)
    assert {f for found in said.values() for f in found} == standing.keys()
    audit.close()
