"""Reading a scenario: a folder with `scenario.toml` and one JSON list for each kind of noun, every item as the HTTP API
takes it. The shipped ones lie in the package (`antalya/scenarios`) or, in a checkout, in `scenarios/` beside `src`."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from antalya.model.errors import AntalyaError, error
from antalya.model.parties import Force, Party, Stance
from antalya.model.places import Area, Control, Site
from antalya.model.understandings import Understanding
from antalya.scenario.checking import check
from antalya.scenario.day import Filing, Manifest, Registered, Reply, Scenario

T = TypeVar("T")

_KINDS: dict[str, type[Registered]] = {
    "parties": Party, "forces": Force, "areas": Area, "stances": Stance, "controls": Control, "sites": Site,
    "understandings": Understanding,
}
FILES: tuple[str, ...] = ("scenario.toml", *(f"{name}.json" for name in (*_KINDS, "operations", "answers")))
"""What a scenario's folder holds; `scenario.toml`, `parties.json` and `operations.json` must be there."""


def names() -> list[str]:
    """The ids of the shipped scenarios."""
    return sorted(entry.name for entry in _shelf().iterdir() if entry.joinpath("scenario.toml").is_file())


def load(name: str = "northern-syria-2017") -> Scenario:
    """A shipped scenario by its id. Raises not_found, and what `read` raises."""
    shipped = names()
    if name not in shipped:
        raise error("not_found", f"no scenario {name!r}; there are: {', '.join(shipped)}", at=name)
    return read(_shelf().joinpath(name))


def read(folder: Traversable) -> Scenario:
    """The scenario in a folder (a `pathlib.Path` will do); its id is the folder's name.

    Raises bad_input_file (unreadable, not the model's form, a reference to nothing, an item without a source, a place
    outside the theatre) and what the nouns raise; `at` names the file, the item and the field.
    """
    manifest = _manifest(folder)
    registry = tuple(noun for name, kind in _KINDS.items()
                     for noun in _items(folder, f"{name}.json", kind, required=name == "parties"))
    filings = _items(folder, "operations.json", Filing, required=True)
    replies = _items(folder, "answers.json", Reply)
    check(manifest, registry, filings, replies)
    return Scenario(
        id=folder.name, title=manifest.title, summary=manifest.summary.strip(), opens_at=manifest.opens_at,
        now=manifest.now, theatre=manifest.theatre, viewers=manifest.viewers, sources=manifest.sources,
        registry=tuple(replace(n, status="proposed") if isinstance(n, Understanding) else n for n in registry),
        signings=tuple(_signings(registry)), filings=tuple(sorted(filings, key=lambda filing: filing.at)),
        replies=tuple(sorted(replies, key=lambda reply: reply.at)))


def _signings(registry: Iterable[Registered]) -> Iterator[tuple[str, str]]:
    """All signatories sign what the data says is in force."""
    for noun in registry:
        if isinstance(noun, Understanding) and noun.status == "in-force":
            for party in noun.signatories:
                yield noun.id, party


def _shelf() -> Traversable:
    """Where the shipped scenarios lie: in the installed package, or beside `src` in a checkout."""
    packaged = files("antalya").joinpath("scenarios")
    if packaged.is_dir():
        return packaged
    checkout = Path(__file__).resolve().parents[3] / "scenarios"
    if checkout.is_dir():
        return checkout
    raise error("bad_input_file", "this installation has no scenarios", at="antalya/scenarios")


def _manifest(folder: Traversable) -> Manifest:
    with _located("scenario.toml"):
        return msgspec.toml.decode(_text(folder, "scenario.toml"), type=Manifest)


def _items(folder: Traversable, file: str, kind: type[T], *, required: bool = False) -> list[T]:
    if not required and not folder.joinpath(file).is_file():
        return []
    with _located(file):
        raws = msgspec.json.decode(_text(folder, file), type=list[msgspec.Raw])
    items = []
    for i, raw in enumerate(raws):
        with _located(f"{file}[{i}]"):
            items.append(msgspec.json.decode(raw, type=kind))
    return items


def _text(folder: Traversable, file: str) -> str:
    try:
        return folder.joinpath(file).read_text(encoding="utf-8")
    except OSError as cause:
        raise error("bad_input_file", f"can't be read: {cause.strerror}") from cause


@contextmanager
def _located(where: str) -> Iterator[None]:
    """Puts the file and item before the place named by whatever a decoder or a noun raises inside."""
    try:
        yield
    except AntalyaError as cause:
        raise AntalyaError(cause.code, cause.detail, at=f"{where}.{cause.at}".rstrip("."), **cause.extra) from cause
    except (msgspec.MsgspecError, ValueError) as cause:
        raise error("bad_input_file", str(cause), at=where) from cause
