"""Parties from the command line: registered, changed, and given keys that they made themselves."""

import json
from pathlib import Path
from typing import Any

from tests.served import ExchangeServer, plan, typed


def party(exchange: ExchangeServer, id: str) -> Any:
    return json.loads(exchange.run("operator", "party", "show", id, "--json").stdout)


def test_a_party_is_changed_and_keeps_what_is_not_given(exchange_server: ExchangeServer, tmp_path: Path) -> None:
    run = exchange_server.run
    run("operator", "party", "add", "JO", "Jordan", "--kind", "state", "--must-sign", "--force", "JAF=Army")
    run("operator", "party", "key", tmp_path / "jo.pem", "--register", "JO")
    again = run("operator", "party", "add", "JO", "The Kingdom", "--force", "JNF", code=2).stderr
    assert "--update" in again  # what to do next, in words of the command line
    assert "JO, JAF, JNF" in run("operator", "party", "add", "JO", "The Kingdom", "--update", "--force", "JAF=Land forces",
                                 "--force", "JNF").stdout
    now = party(exchange_server, "JO")
    assert (now["name"], now["kind"], now["must_sign"], len(now["keys"])) == ("The Kingdom", "state", True, 1)
    assert {f["id"]: f["name"] for f in now["forces"]} == {"JAF": "Land forces", "JNF": "JNF"}
    run("operator", "party", "add", "JO", "The Kingdom", "--update", "--need-not-sign")
    assert party(exchange_server, "JO")["must_sign"] is False


def test_what_comes_after_a_broker_is_a_brokers_token(exchange_server: ExchangeServer) -> None:
    said = exchange_server.run("operator", "party", "add", "WATCH", "Watch", "--kind", "broker").stdout
    command = said.partition("Next: antalya ")[2].split()
    token = typed(*command, "--dir", exchange_server.dir).stdout.strip()
    assert json.loads(typed("show", "me", "--json", "--token", token, "--url", exchange_server.url).stdout)["broker"] is True


def test_a_key_that_a_party_made_itself_is_registered_without_its_private_half(exchange_server: ExchangeServer,
                                                                               tmp_path: Path) -> None:
    run = exchange_server.run
    run("operator", "party", "add", "EG", "Egypt")
    made = typed("party", "key", tmp_path / "eg.pem").stdout  # by the party, without the exchange
    command = made.partition("antalya ")[2].replace("PARTY", "EG").split()
    refused = run("EG", "file", plan(tmp_path / "p.geojson", lon=21), "--sign", tmp_path / "eg.pem", code=4)
    assert "bad_signature" in refused.stderr
    assert "registered" in run("operator", *command).stdout
    [outcome] = json.loads(run("EG", "file", tmp_path / "p.geojson", "--sign", tmp_path / "eg.pem", "--json").stdout)
    assert outcome["operation"]["signed"] is True
    assert "already" in run("operator", *command, code=2).stderr
    assert len(party(exchange_server, "EG")["keys"]) == 1
    for words in ((), (tmp_path / "b.pem", "--public=" + "x" * 43, "--register", "EG"), ("--public=" + "x" * 43,)):
        assert "bad_usage" in run("operator", "party", "key", *words, code=2).stderr
    assert "43 letters" in run("operator", "party", "key", "--public=short", "--register", "EG", code=2).stderr
    assert not (tmp_path / "b.pem").exists()


def test_a_key_is_taken_back_and_taken_again(exchange_server: ExchangeServer, tmp_path: Path) -> None:
    run, pem = exchange_server.run, tmp_path / "lb.pem"
    run("operator", "party", "add", "LB", "Lebanon")
    kid = json.loads(run("operator", "party", "key", pem, "--register", "LB", "--json").stdout)["kid"]
    run("operator", "party", "key", tmp_path / "other.pem", "--register", "LB")

    def signed(name: str, code: int, lon: float) -> str:
        done = run("LB", "file", plan(tmp_path / f"{name}.geojson", lon=lon), "--sign", pem, code=code)
        return done.stdout + done.stderr

    signed("before", 0, 23)
    for words in (f"--kid={kid[::-1]}", "--kid="):
        refused = run("operator", "party", "revoke", "LB", words, code=2).stderr
        assert "bad_field" in refused
        assert kid in refused  # which there are
    assert "no_scope" in run("LB", "party", "revoke", "LB", f"--kid={kid}", code=4).stderr
    assert kid in run("operator", "party", "revoke", "LB", f"--kid={kid[:12]}").stdout
    assert [key["until"] is None for key in party(exchange_server, "LB")["keys"]] == [False, True]
    [ended, _] = party(exchange_server, "LB")["keys"]
    run("operator", "party", "revoke", "LB", f"--kid={kid}")  # once more
    assert party(exchange_server, "LB")["keys"][0] == ended
    assert "bad_signature" in signed("after", 4, 24)
    assert "taken again" in run("operator", "party", "revoke", "LB", f"--kid={kid}", "--undo").stdout
    signed("again", 0, 25)
    assert "good already" in run("operator", "party", "revoke", "LB", f"--kid={kid}", "--undo", code=2).stderr
