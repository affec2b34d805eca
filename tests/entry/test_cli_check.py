"""`antalya check` as a user has it: formats, exit codes, streams, and every kind of bad input, without a traceback."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.checking.plans import NINE, SIX, circle, plan, square, write
from tests.served import heeds_ctrl_c
from typer.testing import CliRunner

from antalya.entry import cli_check
from antalya.entry.cli import app
from antalya.wire.report import COLUMNS

ANTALYA = [sys.executable, "-m", "antalya"]
CLEAR, FINDINGS, BAD_INPUT, STOPPED = 0, 1, 2, 130


def check(*words: Any, stdin: bytes | None = None) -> tuple[int, str, str]:
    """Exit code, standard output and standard error, in this process."""
    result = CliRunner().invoke(app, ["check", *map(str, words)], input=stdin)
    assert not isinstance(result.exception, Exception) or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def outside(*words: Any, stdin: bytes | None = None, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """The real command."""
    return subprocess.run([*ANTALYA, "check", *map(str, words)], input=stdin, capture_output=True, timeout=120, check=False,
                          **options)


@pytest.fixture
def a(tmp_path: Path) -> str:
    return write(tmp_path / "A.geojson", plan("A", party="TR", title="=HYPERLINK(1)"))


@pytest.fixture
def b(tmp_path: Path) -> str:
    return write(tmp_path / "B.geojson", plan("B", square(37.95), party="RU"))


@pytest.fixture
def far(tmp_path: Path) -> str:
    return write(tmp_path / "C.geojson", plan("C", circle(40.0, 35.0), radius_m=500, party="US"))


def test_exit_codes_say_clear_findings_bad_input(a: str, b: str, far: str) -> None:
    assert [outside(*files).returncode for files in ((a, far), (a, b), (a, "none.geojson"))] == [CLEAR, FINDINGS, BAD_INPUT]
    assert check()[0] == BAD_INPUT
    assert check(a, "--no-such-option")[0] == BAD_INPUT
    assert check("--help")[0] == 0


def test_the_table_says_who_where_when_why_and_what_would_remove_it(a: str, b: str, far: str) -> None:
    code, said, _ = check(a, b)
    text = " ".join(said.split())
    assert code == FINDINGS
    for part in ("TR: A", "RU: B", "km NE of Manbij", "400 to 600 m", "2017-03-07 06:00–09:00", "Keep out of the region shown.",
                 "1 finding (1 critical) among 2 operations (2 volumes)."):
        assert part in text
    assert check(a, far) == (CLEAR, "Clear: nothing found among 2 operations (2 volumes).\n", "")


def test_json(a: str, b: str, far: str) -> None:
    code, said, errors = check(a, b, "--json")
    assert (code, errors) == (FINDINGS, "")
    assert check(a, b, "--format", "json")[:2] == (code, said)
    (found,) = json.loads(said)["findings"]
    assert (found["kind"], found["between"], found["from"], found["to"]) == ("clash", ["A", "B"], SIX, NINE)
    assert found["where"]["type"] == "Polygon"
    assert json.loads(check(a, far, "--json")[1])["findings"] == []


def test_geojson_and_csv(a: str, b: str) -> None:
    code, said, _ = check(a, b, "--format", "geojson")
    assert code == FINDINGS
    assert json.loads(said)["features"][0]["properties"]["between"] == ["A", "B"]
    code, said, _ = check(a, b, "--format", "csv")
    assert code == FINDINGS
    (row,) = csv.DictReader(io.StringIO(said, newline=""))
    assert tuple(row) == COLUMNS
    assert (row["operation"], row["other"], row["gives_way"]) == ("A", "B", "B")
    assert row["remedies"].startswith("B: ")


def test_the_table_says_who_gives_way_and_whose_remedy_is_whose(a: str, tmp_path: Path) -> None:
    later = write(tmp_path / "L.geojson", plan("L", party="RU", starts_at="2017-03-07T08:00:00Z", ends_at="2017-03-07T11:00:00Z"))
    _, said, _ = check(a, later, "--separation", "0,0,0")
    assert re.search(r"L \(gives way\)", said)
    assert "L: Begin the operation at 2017-03-07T09:00:00Z or later." in said
    assert "A: End the operation by 2017-03-07T08:00:00Z." in said


def test_output_to_a_file(a: str, b: str, tmp_path: Path) -> None:
    for form in ("table", "json", "geojson", "csv"):
        out = tmp_path / f"out.{form}"
        assert check(a, b, "--format", form, "--output", out) == (FINDINGS, "", "")
        assert "A" in out.read_text(encoding="utf-8")
    before = Path(b).read_bytes()
    code, _, errors = check(a, b, "--json", "-o", tmp_path / "." / "B.geojson")
    assert (code, Path(b).read_bytes()) == (BAD_INPUT, before)
    assert "one of those to be read" in errors
    code, _, errors = check(a, b, "-o", tmp_path / "no" / "such" / "folder")
    assert (code, "can't be written" in errors) == (BAD_INPUT, True)


def test_standard_input(a: str, b: str) -> None:
    assert outside(a, "-", stdin=Path(b).read_bytes()).returncode == FINDINGS
    code, _, errors = check("-", a, stdin=b"{")
    assert (code, "standard input" in errors) == (BAD_INPUT, True)
    assert check("-", "-", stdin=b"")[0] == BAD_INPUT


def test_options(a: str, b: str, tmp_path: Path) -> None:
    touching = write(tmp_path / "T.geojson", plan("T", square(38.0), party="RU"))
    assert check(a, touching)[0] == FINDINGS
    assert check(a, touching, "--separation", "0,0,0")[0] == CLEAR
    same = write(tmp_path / "S.geojson", plan("S", party="TR"))
    code, said, errors = check(a, same)
    assert (code, said) == (CLEAR, "Clear: nothing found among 2 operations (2 volumes).\n")
    assert "warning: all operations are of the party 'TR'" in errors
    assert check(a, same, "--own")[0] == FINDINGS
    rules = tmp_path / "rules.toml"
    rules.write_text('[[understandings]]\nid = "u"\nsignatories = ["TR"]\n[[understandings.rules]]\nkind = "lead-time"\n'
                     "notice_s = 86400\n")
    assert check(a, "--understandings", rules)[0] == CLEAR
    assert check(a, "--understandings", rules, "--now", "2017-03-06T12:00:00Z")[0] == FINDINGS
    rules.write_text("")
    code, said, errors = check(a, "--understandings", rules)
    assert (code, errors) == (CLEAR, "warning: there are no understandings and no sites in the rulebook: nothing was weighed against it\n")
    swapped = write(tmp_path / "W.geojson", plan("W", square(36.5, 37.9)))
    assert check(swapped, "--theatre", "37,36,39,37.4")[0] == BAD_INPUT
    assert check(a, "--theatre=-10,50,2,61")[0] == CLEAR
    assert check(a, "--max-mb", "1")[0] == CLEAR


@pytest.mark.parametrize("words", [
    ["--separation", "1,2"], ["--separation", "a,b,c"], ["--separation", "-1,0,0"], ["--separation", "nan,0,0"],
    ["--theatre", "1,2,3"], ["--theatre", "9,9,8,8"], ["--now", "yesterday"], ["--now", "2017-03-07T06:00:00"],
    ["--format", "xml"], ["--max-mb", "0"], ["--understandings", "none.toml"],
])
def test_options_that_make_no_sense(a: str, words: list[str]) -> None:
    code, said, errors = check(a, *words)
    assert (code, said) == (BAD_INPUT, "")
    assert errors


BAD = {
    "unclosed": plan("X", {"type": "Polygon", "coordinates": [[[38, 36], [38.1, 36], [38.1, 36.1], [38, 36.1]]]}),
    "crossing": plan("X", {"type": "Polygon", "coordinates": [[[38, 36], [38.1, 36.1], [38.1, 36], [38, 36.1], [38, 36]]]}),
    "swapped": plan("X", {"type": "Polygon", "coordinates": [[[36, 138], [36, 139], [37, 138], [36, 138]]]}),
    "no-radius": plan("X", circle(38, 36)), "line": plan("X", {"type": "LineString", "coordinates": [[38, 36], [39, 36]]}),
    "datum": plan("X", datum="ED50"), "terrain": plan("X", datum="AGL"), "upside-down": plan("X", lower_m=700),
    "backwards": plan("X", starts_at=NINE, ends_at=SIX), "naive": plan("X", ends_at="2017-03-07T09:00:00"),
    "no-time": plan("X", starts_at=None), "no-height": plan("X", upper_m=None), "activity": plan("X", activity="strike"),
    "nul": plan("X\0"), "turned": plan("X", party="TR\u202eUR"), "text": plan("X", lower_m="low"),
}
CODES = {"unclosed": "ring_not_closed", "crossing": "ring_crosses_itself", "swapped": "swapped_position",
         "datum": "unknown_datum", "terrain": "datum_needs_terrain",
         "upside-down": "bad_band", "backwards": "bad_window", "naive": "naive_time",
         "nul": "bad_text", "turned": "bad_text"}


@pytest.mark.parametrize("name", BAD)
def test_bad_plans_get_an_error_of_the_catalogue_with_their_place(a: str, tmp_path: Path, name: str) -> None:
    bad = write(tmp_path / f"{name}.geojson", plan("Y"), BAD[name])
    code, said, errors = check(a, bad)
    assert (code, said) == (BAD_INPUT, "")
    assert f"({CODES.get(name, 'bad_field')})" in errors
    assert f"{bad}: features[1]." in errors
    assert "Traceback" not in errors
    assert errors.startswith("error: ")
    assert len(errors.splitlines()) == 4


@pytest.mark.parametrize(("data", "code"), [
    (b"", "bad_json"), (b"{", "bad_json"), (b"\xff\xfe", "bad_json"), (b"[" * 200_000, "bad_json"), (b"PK\x03\x04", "bad_json"),
    (b"\0" * 100, "bad_json"), (b'{"type":"FeatureCollection","features":[NaN]}', "bad_json"),
    (b'{"type":"Topology"}', "bad_input_file"), (b'{"type":"FeatureCollection","features":[]}', "bad_input_file"),
])
def test_files_that_are_no_plans(a: str, tmp_path: Path, data: bytes, code: str) -> None:
    bad = tmp_path / "bad.geojson"
    bad.write_bytes(data)
    exit_code, said, errors = check(a, bad)
    assert (exit_code, said, f"({code})" in errors, str(bad) in errors) == (BAD_INPUT, "", True, True)


def test_errors_say_in_words_where_to_look_and_what_an_option_takes(a: str) -> None:
    _, _, errors = check("none.geojson")
    assert "Correct the place named above." in errors
    _, _, errors = check(a, "--separation", "-1,0,0")
    assert "none below 0" in errors
    assert "--help" in errors


def test_a_radius_that_is_not_read_gets_a_warning(a: str, tmp_path: Path) -> None:
    wide = write(tmp_path / "wide.geojson", plan("W", party="RU", radius_m=5_000), plan("P", circle(39, 36), radius_m=500))
    _, _, errors = check(a, wide)
    assert "wide.geojson: 'radius_m' is read of a Point only, an outline is taken as it is drawn (1 feature)" in errors


def test_errors_are_problem_documents_with_json(a: str, tmp_path: Path) -> None:
    result = outside(a, tmp_path / "none.geojson", "--json")
    assert (result.returncode, result.stdout) == (BAD_INPUT, b"")
    problem = json.loads(result.stderr)
    assert (problem["code"], problem["type"], problem["at"]) == (
        "bad_input_file", "urn:antalya:error:bad_input_file", str(tmp_path / "none.geojson"))
    assert problem["next_step"]


def test_a_file_that_is_too_large_is_refused_before_it_is_read_whole(a: str, tmp_path: Path) -> None:
    big = tmp_path / "big.geojson"
    with big.open("wb") as file:
        file.truncate(400_000_000)
    started = time.monotonic()
    code, _, errors = check(a, big)
    assert (code, "(too_large)" in errors) == (BAD_INPUT, True)
    assert time.monotonic() - started < 20
    assert check("-", a, "--max-mb", "1", stdin=b" " * 1_000_001)[0] == BAD_INPUT


def test_a_folder_and_a_name_that_misleads(a: str, tmp_path: Path) -> None:
    assert check(tmp_path)[0] == BAD_INPUT
    assert check(Path(a) / "inside")[0] == BAD_INPUT
    code, _, errors = check(a, "x\u202egnp.geojson")
    assert (code, "\u202e" in errors) == (BAD_INPUT, False)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_ends_it_with_a_word() -> None:
    process = subprocess.Popen([*ANTALYA, "check", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               preexec_fn=heeds_ctrl_c)
    assert process.stdin is not None
    process.stdin.write(b" " * 1_000_000)  # more than a pipe holds: once it is gone, the command is reading
    process.send_signal(signal.SIGINT)
    said, errors = process.communicate(timeout=60)
    assert (process.returncode, said) == (STOPPED, b"")
    assert errors == b"Stopped; nothing was written.\n"


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_a_closed_pipe_is_no_error(a: str, b: str) -> None:
    for form in ("json", "table", "csv"):
        process = subprocess.Popen([*ANTALYA, "check", a, b, "--format", form], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(timeout=120) == FINDINGS
        assert process.stderr is not None
        assert process.stderr.read() == b""
        process.stderr.close()


def test_a_terminal_without_letters_gets_question_marks_not_an_error(a: str, tmp_path: Path) -> None:
    arabic = write(tmp_path / "D.geojson", plan("دورية", party="منبج"))
    result = outside(a, arabic, env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"})
    assert (result.returncode, result.stderr) == (FINDINGS, b"")


def test_more_findings_than_a_table_can_show_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from antalya.entry import check_table
    monkeypatch.setattr(check_table, "SHOWN", 2)
    many = write(tmp_path / "many.geojson", *(plan(f"P{i}", circle(38, 36), radius_m=10) for i in range(4)))
    code, said, _ = check(many)
    assert (code, "… and 4 more" in said, "6 findings" in said) == (FINDINGS, True, True)


def test_running_out_of_memory_is_said(a: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(cli_check, "check", full)
    code, said, errors = check(a)
    assert (code, said, "not enough memory" in errors) == (BAD_INPUT, "", True)
