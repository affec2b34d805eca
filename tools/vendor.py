"""The page's third-party files: which, whence, under what licence, and that they are what npm published.

    python tools/vendor.py verify    check every file against static/vendor/manifest.json (no network)
    python tools/vendor.py fetch     get them again with `npm pack` at the pinned versions and rewrite the manifest

`npm` checks the archives against the registry's own integrity hashes; the manifest then pins each file's SHA-256.
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "src/antalya/entry/web/static/vendor"
MANIFEST = VENDOR / "manifest.json"

PACKAGES: dict[str, tuple[str, str, dict[str, str]]] = {
    # package: (version, licence, {file in the package: file here})
    "ol": ("10.11.0", "BSD-2-Clause", {"dist/ol.js": "ol.js", "ol.css": "ol.css", "LICENSE.md": "licences/ol.txt"}),
    "htm": ("3.1.1", "Apache-2.0", {"preact/standalone.module.js": "htm-preact.js", "LICENSE": "licences/htm.txt"}),
    "preact": ("10.5.13", "MIT", {"LICENSE": "licences/preact.txt"}),  # inside htm's standalone file
}

BUNDLED = ("@petamoriken/float16@3.9.3", "@zarrita/storage@0.2.0", "earcut@3.2.4", "fflate@0.8.3", "geotiff@3.1.0-beta.0",
           "lerc@3.0.0", "numcodecs@0.3.2", "pako@2.2.0", "parse-headers@2.0.6", "pbf@5.1.2",
           "protocol-buffers-schema@3.6.1", "quick-lru@6.1.2", "quickselect@3.0.0", "rbush@4.0.1",
           "reference-spec-reader@0.2.0", "resolve-protobuf-schema@2.1.0", "unzipit@2.0.0", "web-worker@1.5.0",
           "xml-utils@1.10.2", "zarrita@0.7.5", "zstddec@0.2.0")
"""What ol.js may have inside; their licences are kept together in licences/ol-bundled.txt."""


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def verify() -> list[str]:
    """What is wrong with the vendored files: changed, missing or unknown ones; empty where all is well."""
    listed = {entry["file"]: entry for entry in json.loads(MANIFEST.read_text(encoding="utf-8"))}
    there = {p.relative_to(VENDOR).as_posix() for p in VENDOR.rglob("*") if p.is_file()} - {MANIFEST.name}
    wrong = [f"{name}: not in the manifest" for name in sorted(there - set(listed)) if not name.endswith(".d.ts")]
    for name, entry in sorted(listed.items()):
        if name not in there:
            wrong.append(f"{name}: missing")
        elif sha256(VENDOR / name) != entry["sha256"]:
            wrong.append(f"{name}: changed")
    return wrong


def packed(folder: str, package: str) -> tarfile.TarFile:
    """The package's archive, as npm hands it out and has checked it."""
    done = subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True)
    return tarfile.open(Path(folder) / done.stdout.strip().splitlines()[-1])


def content(archive: tarfile.TarFile, name: str) -> bytes:
    """One file of an npm archive. Raises KeyError where it has none of that name."""
    member = archive.extractfile(f"package/{name}")
    if member is None:
        raise KeyError(name)
    return member.read()


def bundled_licences(folder: str) -> bytes:
    """The licence texts of BUNDLED, each under its name; the licence's name where a package ships no text."""
    parts = []
    for package in BUNDLED:
        with packed(folder, package) as archive:
            licence = json.loads(content(archive, "package.json"))["license"]
            names = [n.removeprefix("package/") for n in archive.getnames()
                     if n.removeprefix("package/").lower().split(".")[0] in ("license", "licence")]
            text = content(archive, names[0]).decode() if names else ""
            parts.append(f"== {package} ({licence}) ==\n\n{text.strip()}\n")
    return "\n".join(parts).encode()


def fetch() -> None:
    """Packs every package with npm, copies its files here and writes the manifest."""
    manifest = []

    def keep(name: str, data: bytes, package: str, version: str, licence: str, source: str) -> None:
        target = VENDOR / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        manifest.append({"file": name, "package": package, "version": version, "licence": licence, "from": source,
                         "sha256": sha256(target)})

    with tempfile.TemporaryDirectory() as folder:
        for package, (version, licence, files) in PACKAGES.items():
            with packed(folder, f"{package}@{version}") as archive:
                for source, name in files.items():
                    keep(name, content(archive, source), package, version, licence, source)
        keep("licences/ol-bundled.txt", bundled_licences(folder), "ol", PACKAGES["ol"][0], "see the file", "its dependencies")
    MANIFEST.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["fetch"]:
        fetch()
    elif sys.argv[1:] != ["verify"]:
        raise SystemExit(__doc__)
    problems = verify()
    print("\n".join(problems) or f"{MANIFEST.parent.name}: every file is as published")
    raise SystemExit(1 if problems else 0)
