"""The reference is what it describes, and nothing in it is left without words."""

from pathlib import Path

import pytest
from tools.reference import FOLDER, commands, documents, parameters, settings_of

from antalya.entry.cli import COMMANDS
from antalya.entry.settings import NOT_SETTINGS, IssuerSetting, Settings
from antalya.entry.terminal import EXIT_CODES
from antalya.model.errors import CATALOGUE

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["cli.md", "settings.md", "errors.md", "api.md", "minima.md"])
def test_the_reference_is_what_it_describes(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == documents()[name], "run python tools/reference.py"


def test_every_command_and_option_says_what_it_is() -> None:
    found = list(commands())
    assert {name.split()[1] for name, _, _ in found} == set(COMMANDS)
    for name, command, context in found:
        assert command.help, name
        for what, said in parameters(command, context):
            assert said.partition("[")[0].strip(), f"{name} {what}"


def test_every_setting_and_variable_says_what_it_is() -> None:
    for kind in (Settings, IssuerSetting):
        for name, _, _, said in settings_of(kind, ""):
            assert said.endswith("."), name
    used = {f"ANTALYA_{word}" for path in (ROOT / "src").rglob("*.py") for line in path.read_text(encoding="utf-8").splitlines()
            for word in ("DIR", "URL", "TOKEN", "TOKEN_FILE", "DEBUG", "CHROMIUM") if f'"ANTALYA_{word}"' in line}
    assert used == set(NOT_SETTINGS)


def test_every_error_ends_with_a_documented_exit_code() -> None:
    assert {code.exit_code for code in CATALOGUE.values()} <= set(EXIT_CODES)
