"""The page's modules by themselves, in a real Chromium: times, places, days."""

import re
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def module(exchange, open_page):
    """Calls a function in the page with what a module has, and an argument."""
    page = open_page(exchange.url)
    return lambda name, what, arg=None: page.evaluate(
        f"async arg => {{ const m = await import('/static/{name}.js'); return ({what})(m, arg); }}", arg)


@pytest.mark.parametrize(("starts", "ends", "said"), [
    ("2017-03-07T06:00:00Z", "2017-03-07T09:30:00Z", "7 Mar 06:00–09:30Z"),
    ("2017-03-07T08:00:30Z", "2017-03-07T08:14:59Z", "7 Mar 08:00:30–08:14:59Z"),
    ("2017-03-07T08:00:00.9Z", "2017-03-07T08:14:58.1Z", "7 Mar 08:00–08:14:59Z"),
    ("2017-03-07T22:00:00Z", "2017-03-08T04:00:00Z", "7 Mar 22:00Z – 8 Mar 04:00Z"),
    ("2017-03-07T00:00:00Z", "2018-03-07T00:00:00Z", "7 Mar 2017 00:00Z – 7 Mar 2018 00:00Z"),
    ("2018-03-07T06:00:00Z", "2018-03-07T09:30:00Z", "7 Mar 2018 06:00–09:30Z")])
def test_a_window_is_written_to_the_second_and_with_its_year_where_it_is_another(module, starts, ends, said):
    written = module("time", "(m, [a, b]) => m.span(m.at(a), m.at(b), 'en', m.at('2017-03-01T00:00:00Z'))", [starts, ends])
    assert written.replace("\u2066", "").replace("\u2069", "") == said


def test_a_moment_is_written_to_the_second(module):
    written = module("time", "m => ['08:00:30', '08:00:00'].map(x => m.dateTime(m.at(`2017-03-07T${x}Z`), 'en'))")
    assert written == ["7 Mar 2017 \u206608:00:30Z\u2069", "7 Mar 2017 \u206608:00Z\u2069"]


@pytest.mark.parametrize(("starts", "ends", "quarters"), [
    ("08:01:00", "08:14:00", [32]), ("08:14:00", "08:15:00", [32]), ("08:15:00", "08:30:00", [33]),
    ("08:10:00", "08:35:00", [32, 33, 34]), ("08:15:00", "08:15:00", [33])])
def test_a_moment_is_a_quarter_of_an_hour(module, starts, ends, quarters):
    seen = module("time", """(m, window) => { const day = m.at('2017-03-07T00:00:00Z');
      return Array.from({length: 96}, (_, quarter) => quarter).filter(quarter =>
        m.isActive([window.map(x => m.at(`2017-03-07T${x}Z`))], {day, quarter, span: 'moment'})); }""", [starts, ends])
    assert seen == quarters


OVER = [[179, 10], [-179, 10], [-179, 11], [179, 11], [179, 10]]
HOLE = [[-179.5, 10.4], [-179.5, 10.6], [-179.2, 10.6], [-179.2, 10.4], [-179.5, 10.4]]
EAST, WEST = ([[a, 10], [b, 10], [b, 11], [a, 11], [a, 10]] for a, b in ((179, 180), (-180, -179)))


@pytest.mark.parametrize("outline", [
    {"type": "Polygon", "coordinates": [OVER]}, {"type": "Polygon", "coordinates": [OVER, HOLE]},
    {"type": "Polygon", "coordinates": [OVER[::-1], HOLE]}, {"type": "MultiPolygon", "coordinates": [[EAST], [WEST]]},
    {"type": "Circle", "center": [179.9, 10.5], "radius_m": 80_000}])
def test_an_outline_over_the_antimeridian_is_drawn_where_it_is(module, outline):
    rings = module("geo", "(m, outline) => m.polygons(outline).flat()", outline)
    assert all(179 - 1e-9 <= lon <= 181 + 1e-9 for ring in rings for lon, _ in ring)
    assert all(abs(a[0] - b[0]) < 1.1 for ring in rings for a, b in pairwise(ring))
    assert all(abs(ring[0][0] - ring[-1][0]) < 1e-9 for ring in rings)


def test_the_middle_of_an_outline_over_the_antimeridian_has_a_longitude(module):
    shifted = [[lon - 0.5 if lon > 0 else lon + 1.5, lat] for lon, lat in OVER]  # 178.5 to -177.5
    lon, lat = module("geo", "(m, outline) => m.centre(outline)", {"type": "Polygon", "coordinates": [shifted]})
    assert (round(lon, 6), round(lat, 6)) == (-179.5, 10.5)


NOW = datetime(2017, 3, 7, 9, 30, tzinfo=UTC)


def days_of(module, *windows):
    """The slider's days for operations in these windows (days from today on), as days from today on."""
    def written(days):
        return (NOW + timedelta(days=days)).isoformat()
    operations = [{"id": str(i), "level": "details", "operation": {"volumes": [{"starts_at": written(a), "ends_at": written(b)}]}}
                  for i, (a, b) in enumerate(windows)]
    picture = {"now": written(0), "operations": operations, "findings": []}
    days = module("state", "(m, picture) => m.daysOf(picture)", picture)
    today = NOW.replace(hour=0, minute=0).timestamp() * 1000
    return [round((day - today) / 86_400_000) for day in days]


def test_one_long_thing_takes_no_day_from_what_is_short(module):
    flights = [(day, day + 0.1) for day in (-1, 0, 1, 40, 90, 200)]
    days = days_of(module, (-65, 300), *flights)
    assert len(days) == 62
    assert {-1, 0, 1, 40, 90, 200} <= set(days)
    assert min(days) == -1
    assert set(range(-1, 58)) <= set(days)


def test_of_many_days_the_nearest_stay(module):
    assert days_of(module, *((day, day + 0.1) for day in range(400, -10, -2))) == list(range(0, 124, 2))
    assert days_of(module, (5_000, 2_000_000)) == [0, *range(5_000, 5_061)]
    assert days_of(module, (-10, -9)) == [0]


@pytest.mark.parametrize("outline", [
    {"type": "Circle", "center": [0, 89], "radius_m": 300_000}, {"type": "Circle", "center": [20, 90], "radius_m": 300_000},
    {"type": "Polygon", "coordinates": [[[0, 80], [90, 80], [180, 80], [-90, 80], [0, 80]]]},
    {"type": "Polygon", "coordinates": [[[0, 80], [-90, 80], [180, 80], [90, 80], [0, 80]]]},
    {"type": "Polygon", "coordinates": [[[0, 80], [90, 80], [180, 80], [-90, 80], [0, 80]], [[0, 85], [90, 85], [180, 85], [-90, 85], [0, 85]]]}])
@pytest.mark.parametrize("south", [False, True])
def test_what_is_round_a_pole_reaches_up_to_it(module, outline, south):
    if south:
        outline = deepcopy(outline)
        rings = outline.get("coordinates", [[outline.get("center")]])
        for position in (position for ring in rings for position in ring):
            position[1] *= -1
    for ring in module("geo", "(m, outline) => m.polygons(outline)[0]", outline):
        lons, lats = [lon for lon, _ in ring], [lat for _, lat in ring]
        assert ring[0] == ring[-1]
        assert abs(max(lons) - min(lons) - 360) < 1e-6
        assert {max(lats, key=abs)} == {-90 if south else 90}
        assert all(abs(a[0] - b[0]) < 179 for a, b in pairwise(ring) if abs(a[1]) != 90 or abs(b[1]) != 90)


@pytest.mark.parametrize(("spans", "found"), [
    ([[179, 181], [-179.5, -178]], [179, 182]), ([[-179, -178], [178, 179]], [178, 182]), ([[170, 190], [-175, -160]], [170, 200]),
    ([[10, 20], [30, 40]], [10, 40]), ([[-10, 10]], [-10, 10]), ([[-180, 180]], [-180, 180]), ([[-60, 60], [50, 170], [160, 310]], None),
    ([[-170, -160], [-150, -140]], [-170, -140]), ([[5, 5]], [5, 5])])
def test_everything_is_shown_in_the_narrowest_span(module, spans, found):
    west, east = module("geo", "(m, spans) => m.narrowest(spans, 360)", spans)
    assert -180 <= (west + east) / 2 <= 180
    if found is None:
        assert east - west == 360
    else:
        assert ((west - found[0]) % 360, east - west) == (0, found[1] - found[0])


@pytest.mark.parametrize(("lower", "upper", "said"), [
    (304.8, 914.4, "304–915\u00a0m"), (0, 0.4, "0–1\u00a0m"), (-0.4, -0.2, "-1–0\u00a0m"), (99.9999999, 200.0000001, "100–200\u00a0m"),
    (-1000, 60000, "-1,000–60,000\u00a0m")])
def test_a_band_is_written_no_narrower_than_it_is(module, lower, upper, said):
    written = module("words", "(m, [lower, upper]) => m.band(lower, upper)", [lower, upper])
    assert re.sub("[\u2060\u2066\u2069]", "", written) == said


@pytest.mark.parametrize("ring", [
    [[-117, 88.8], [-61, 88.9], [-11, 88.7], [4, 89.0], [7, 89.3], [19, 89.1], [59, 89.0], [142, 88.8], [-117, 88.8]],
    [[0, 89], [90, 89], [180, 89], [-90, 89], [0, 89]]])
@pytest.mark.parametrize("south", [False, True])
def test_the_middle_of_what_is_round_a_pole_is_the_pole(module, ring, south):
    ring = [[lon, -lat if south else lat] for lon, lat in ring]
    assert module("geo", "(m, ring) => m.centre({type: 'Polygon', coordinates: [ring]})", ring) == [0, -90 if south else 90]
