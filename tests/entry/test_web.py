"""The page's files: headers, caching, no way out of the folder, what is vendored, the words in four languages."""

import importlib.util
import json
import re
from pathlib import Path

import anyio
import httpx
import pytest
from starlette.applications import Starlette

from antalya.entry.web import CSP, index_html, page_routes, static_dir
from antalya.model.findings import Clearance, Effect, FindingKind, RemedyKind, Severity
from antalya.model.operations import ACTIVITIES, State
from antalya.model.places import SiteKind

LANGUAGES = ("en", "tr", "ru", "ar")
CATALOGUES = {code: json.loads((static_dir() / f"i18n/{code}.json").read_text(encoding="utf-8")) for code in LANGUAGES}
SOURCES = {p.name: p.read_text(encoding="utf-8") for p in static_dir().glob("*.js")}


APP = Starlette(routes=page_routes())


def get(path, headers=None):
    async def ask():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(APP), base_url="http://page") as client:
            return await client.get(path, headers=headers)
    return anyio.run(ask)


def served():
    files = [p.relative_to(static_dir()).as_posix() for p in static_dir().rglob("*") if p.is_file()]
    return [*(name for name in files if not name.endswith(".d.ts")), "data/places.json", "data/basemap.geojson"]


@pytest.mark.parametrize("name", served())
def test_every_file_is_served_under_the_policy_and_revalidated(name):
    answer = get(f"/static/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == CSP
    assert answer.headers["x-content-type-options"] == "nosniff"
    again = get(f"/static/{name}", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_packed_and_plain_are_the_same_bytes():
    plain = get("/static/vendor/ol.js", headers={"accept-encoding": "identity"})
    packed = get("/static/vendor/ol.js", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content == (static_dir() / "vendor/ol.js").read_bytes()


@pytest.mark.parametrize("path", ["../__init__.py", "..%2f__init__.py", "vendor/../../__init__.py", "types.d.ts", "nothing.js",
                                  "data/../places.py", "/etc/passwd", "%00"])
def test_nothing_else_is_served(path):
    assert get(f"/static/{path}").status_code == 404


def test_the_policy_and_the_page_allow_nothing_inline_and_nothing_from_elsewhere():
    assert "unsafe" not in CSP
    assert CSP.startswith("default-src 'self'")
    html = index_html()
    assert get("/").text == html
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", html)
    assert not re.findall(r"""(?:src|href)=["'](?!/static/)""", html)
    unsafe = re.compile(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(|https?://")
    assert not [name for name, text in SOURCES.items() if unsafe.search(text)]


def test_the_vendored_files_are_as_published_and_have_their_licences():
    spec = importlib.util.spec_from_file_location("vendor", Path(__file__).parents[2] / "tools/vendor.py")
    vendor = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(vendor)
    assert vendor.verify() == []
    manifest = json.loads(vendor.MANIFEST.read_text(encoding="utf-8"))
    licensed = {entry["package"] for entry in manifest if entry["file"].startswith("licences/")}
    assert {entry["package"] for entry in manifest} == licensed


def test_a_changed_vendored_file_is_noticed(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("vendor", Path(__file__).parents[2] / "tools/vendor.py")
    vendor = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(vendor)
    for path in vendor.VENDOR.rglob("*"):
        if path.is_file():
            copy = tmp_path / path.relative_to(vendor.VENDOR)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    monkeypatch.setattr(vendor, "VENDOR", tmp_path)
    monkeypatch.setattr(vendor, "MANIFEST", tmp_path / "manifest.json")
    (tmp_path / "ol.js").write_bytes(b"// changed")
    (tmp_path / "ol.css").unlink()
    (tmp_path / "new.js").write_bytes(b"")
    assert vendor.verify() == ["new.js: not in the manifest", "ol.css: missing", "ol.js: changed"]


@pytest.mark.parametrize("code", LANGUAGES)
def test_each_language_says_everything_with_the_same_blanks(code):
    english, words = CATALOGUES["en"], CATALOGUES[code]
    assert set(english) <= set(words)
    assert {k for k in words if k not in english and not k.startswith("why.")} == set()
    blanks = {k: set(re.findall(r"\{\w+\}", words[k])) for k in english}
    assert blanks == {k: set(re.findall(r"\{\w+\}", v)) for k, v in english.items()}
    assert all(text.strip() for text in words.values())


def test_every_key_the_page_asks_for_is_in_the_catalogue():
    used = {key for text in SOURCES.values() for key in re.findall(r'\bt\("([a-zA-Z.]+)"', text)}
    assert len(used) > 80
    assert used <= set(CATALOGUES["en"])


@pytest.mark.parametrize(("prefix", "values"), [
    ("activity", ACTIVITIES), ("state", State.__args__), ("clearance", Clearance.__args__), ("severity", Severity.__args__),
    ("kind", FindingKind.__args__), ("effect", Effect.__args__), ("site", SiteKind.__args__)])
def test_every_value_of_the_model_has_a_word(prefix, values):
    assert {f"{prefix}.{v}" for v in values} <= set(CATALOGUES["en"])


def test_every_kind_of_remedy_is_translated():
    kinds = {k.removeprefix("remedy.") for k in CATALOGUES["en"] if k.startswith("remedy.")}
    assert kinds == {*RemedyKind.__args__, "obtain-consent.another"}


def test_the_base_map_is_small_and_of_the_region():
    path = static_dir().parents[2] / "data/basemap.geojson"
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    assert path.stat().st_size < 500_000
    assert {f["properties"]["kind"] for f in features} == {"land", "lake", "border", "province", "river"}
    assert {f["properties"]["names"]["en"] for f in features if "names" in f["properties"]} == {"Euphrates", "Tigris"}

    def corners(value):
        return [value] if isinstance(value[0], float | int) else [c for v in value for c in corners(v)]
    assert all(33 <= x <= 45 and 31 <= y <= 40 for f in features for x, y in corners(f["geometry"]["coordinates"]))


def tokens(scheme):
    css = (static_dir() / "page.css").read_text(encoding="utf-8")
    light, dark = css.split("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    return found | (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark)) if scheme == "dark" else {})


def contrast(one, other):
    """WCAG 2.2 contrast ratio of two #rrggbb colours."""
    def luminance(colour):
        parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_legible_in_both_schemes(scheme):
    c = tokens(scheme)
    inks = ["ink", "quiet", "clear", "held", "blocked", "unsure", "site", *(k for k in c if k.startswith("severity-"))]
    pairs = [(i, ground) for i in inks for ground in ("panel", "bg", "chosen")]
    pairs += [(k, ground) for k in c if k.startswith("party-") for ground in ("land", "panel")]
    pairs += [(k, ground) for k in ("place", "area", "river-ink") for ground in ("land", "halo")]
    pairs += [("on-severity", k) for k in c if k.startswith("severity-")] + [("on-alarm", "alarm"), ("on-button", "button")]
    low = {(a, b): round(contrast(c[a], c[b]), 2) for a, b in pairs if contrast(c[a], c[b]) < 4.5}
    assert low == {}
    assert contrast(c["focus"], c["panel"]) >= 3
