"""The page's modules by themselves, in a real Chromium: times, places, days."""

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
    ("08:01:00", "08:14:00", [32]), ("08:14:00", "08:15:00", [32]), ("08:15:00", "08:30:00", [33]), ("08:10:00", "08:35:00", [32, 33, 34]),
    ("08:15:00", "08:15:00", [33])])
def test_a_moment_is_a_quarter_of_an_hour(module, starts, ends, quarters):
    seen = module("time", """(m, window) => { const day = m.at('2017-03-07T00:00:00Z');
      return Array.from({length: 96}, (_, quarter) => quarter).filter(quarter =>
        m.isActive([window.map(x => m.at(`2017-03-07T${x}Z`))], {day, quarter, span: 'moment'})); }""", [starts, ends])
    assert seen == quarters
