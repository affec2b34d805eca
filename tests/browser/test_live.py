"""The page while things happen: answers, news, outages, hostile names, tokens."""

import re
import uuid

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
LOST = ("net::ERR_",)  # every browser has its own word for a line that is gone
HOSTILE = """<img src=x onerror="alert(1)"><script>alert(2)</script>{{7*7}}${7*7}'"&lt;b&gt;"""


def look(page, viewer):
    page.locator(f".seen-by input[value={viewer}]").check()
    page.wait_for_function("v => document.getElementById('map').theatre.facts?.picture.viewer.party === v", arg=viewer)


def operation(party, **fields):
    """A filing well apart from everything in the scenario, on its second day."""
    ring = [[39.9, 36.2], [40.0, 36.2], [40.0, 36.3], [39.9, 36.3], [39.9, 36.2]]
    return {"id": str(uuid.uuid4()), "party": party, "activity": "survey", "title": "Survey of wells",
            "volumes": [{"outline": {"type": "Polygon", "coordinates": [ring]}, "lower_m": 300, "upper_m": 900,
                         "starts_at": "2017-03-08T10:00:00Z", "ends_at": "2017-03-08T12:00:00Z"}]} | fields


def asked_of(exchange, viewer, kind="consent"):
    return [a for a in exchange.picture(viewer)["asks"] if a["of"] == viewer and a["state"] == "open" and a["kind"] == kind]


def ask_card(page, ask):
    return page.locator(".card.ask", has_text=ask["text"]).first


def test_a_consent_is_granted_in_two_steps_and_stands(own_exchange, open_page):
    page = open_page(own_exchange.url)
    ask = asked_of(own_exchange, "US")[0]
    look(page, "US")
    card = ask_card(page, ask)
    expect(card).to_contain_text("No answer is never a yes")
    expect(page).to_have_title(re.compile(r"^\(\d+\) Antalya$"))
    card.get_by_role("button", name="Grant …").click()
    assert asked_of(own_exchange, "US")[0]["id"] == ask["id"]  # the first step says nothing yet
    expect(card.get_by_role("button", name="Yes: Grant")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".card.ask.granted", has_text=ask["text"])).to_have_count(1)
    state = next(a for a in own_exchange.picture("US")["asks"] if a["id"] == ask["id"])
    assert state["state"] == "granted"
    page.locator(".card.ask.granted").get_by_role("button", name="Withdraw …").first.click()
    page.get_by_role("button", name="Yes: Withdraw").click()
    expect(page.locator(".card.ask.withdrawn").first).to_be_visible()
    assert next(a for a in own_exchange.picture("US")["asks"] if a["id"] == ask["id"])["state"] == "withdrawn"


def test_conditions_make_it_a_grant_with_conditions(own_exchange, open_page):
    page = open_page(own_exchange.url)
    ask = asked_of(own_exchange, "RU")[0]
    look(page, "RU")
    card = ask_card(page, ask)
    card.get_by_role("button", name="Grant …").click()
    card.get_by_label("Conditions").fill("Not before 05:00Z\n\nOne column only")
    card.get_by_label("Note").fill("By telephone as well")
    card.get_by_role("button", name="Yes: Grant").click()
    expect(page.locator(".card.ask.granted-with-conditions").first).to_contain_text("One column only")
    state = next(a for a in own_exchange.picture("RU")["asks"] if a["id"] == ask["id"])
    assert (state["state"], state["conditions"]) == ("granted-with-conditions", ["Not before 05:00Z", "One column only"])
    assert state["answers"][-1]["note"] == "By telephone as well"


def test_a_yes_says_until_when_it_holds_and_what_was_noted_to_both_sides(own_exchange, open_page):
    ask = asked_of(own_exchange, "US")[0]
    own_exchange.call("US", "POST", f"/v1/asks/{ask['id']}/answers", {
        "decision": "grant", "valid_until": "2017-03-08T05:30:00Z", "note": "بعد السابعة الطريق لكم"})
    page = open_page(own_exchange.url)
    for viewer in ("US", "TR"):
        look(page, viewer)
        card = page.locator(f".card.ask:has(#ask-{ask['id']})")
        expect(card).to_contain_text("It holds until 8 Mar 2017 \u206605:30Z\u2069")
        expect(card.locator("dd", has_text="بعد السابعة الطريق لكم")).to_have_attribute("dir", "auto")
    own_exchange.call("US", "POST", f"/v1/asks/{ask['id']}/answers", {"decision": "withdraw"})
    expect(card).to_contain_text("withdrawn", timeout=10_000)
    expect(card).not_to_contain_text("holds until")
    expect(card).not_to_contain_text("بعد السابعة")
    again = "This is not asked any more. A change of the operation asks it again"
    expect(card).to_contain_text(again)
    body = next(o for o in own_exchange.picture("TR")["operations"] if o["id"] == ask["operation"])
    own_exchange.call("TR", "PUT", f"/v1/operations/{ask['operation']}", body["operation"], **{"if-match": body["etag"]})
    expect(card).not_to_contain_text(again, timeout=10_000)  # it is asked again


def test_what_is_withdrawn_is_nowhere_but_in_the_list_and_not_clear(own_exchange, open_page):
    stays, goes = operation("TR", title="Stays"), operation("TR", title="Goes")
    for filed in (stays, goes):
        assert own_exchange.call("TR", "POST", "/v1/operations", filed)[0] == 201
    page = open_page(own_exchange.url)
    look(page, "TR")
    page.get_by_label("All days").check()
    drawn = """id => document.getElementById('map').theatre.layers.operations.getSource().getFeatures()
        .filter(f => f.get('id') === id).length"""
    card, lane = page.locator(f"#card-{goes['id']}"), page.locator(".lane-name", has_text="Goes")
    assert [page.evaluate(drawn, filed["id"]) for filed in (stays, goes)] == [1, 1]
    expect(lane).to_have_count(1)
    assert own_exchange.withdraw("TR", goes["id"])["clearance"] is None
    expect(card).to_contain_text("withdrawn", timeout=10_000)
    expect(card.locator(".marks")).to_contain_text("no clearance")
    expect(card.locator(".mark.clear")).to_have_count(0)
    expect(lane).to_have_count(0)
    assert [page.evaluate(drawn, filed["id"]) for filed in (stays, goes)] == [1, 0]
    card.locator("button.title").click()  # who looks for it finds where it was
    assert page.evaluate(drawn, goes["id"]) == 1


def test_a_refusal_reaches_the_other_partys_page_without_a_reload(own_exchange, open_page):
    mover = open_page(own_exchange.url)
    look(mover, "TR")
    expect(mover.locator(".link.live")).to_be_visible()
    ask = asked_of(own_exchange, "US")[0]
    card = mover.locator(f"#card-{ask['operation']}")
    expect(card.locator(".mark.held")).to_be_visible()
    status, _ = own_exchange.call("US", "POST", f"/v1/asks/{ask['id']}/answers", {"decision": "refuse"})
    assert status in (200, 201)
    expect(card.locator(".mark.blocked")).to_be_visible(timeout=10_000)
    expect(mover.locator(".news")).to_contain_text(re.compile("ask was answered|clearance changed", re.I))


def test_hostile_names_are_only_ever_text(own_exchange, open_page):
    filed = operation("TR", title=HOSTILE, note=HOSTILE)
    status, answer = own_exchange.call("TR", "POST", "/v1/operations", filed)
    assert status == 201, answer
    page = open_page(own_exchange.url)
    for language in ("en", "ar"):
        page.locator(".language select").select_option(language)
        for viewer in ("TR", "broker"):
            look(page, viewer)
            card = page.locator(f"#card-{filed['id']}")
            expect(card.locator("button.title")).to_have_text(HOSTILE)
            expect(card.locator("dl")).to_contain_text(HOSTILE)
    assert page.evaluate("document.querySelectorAll('img, .page script, iframe').length") == 0


def test_a_new_operation_appears_by_itself(own_exchange, open_page):
    page = open_page(own_exchange.url)
    look(page, "TR")
    expect(page.locator(".link.live")).to_be_visible()
    filed = operation("TR")
    own_exchange.call("TR", "POST", "/v1/operations", filed)
    expect(page.locator(f"#card-{filed['id']}")).to_be_visible(timeout=10_000)
    expect(page.locator(f"#card-{filed['id']} .mark.clear")).to_have_text("clear")


def test_an_outage_is_never_clear(own_exchange, open_page):
    own_exchange.call("TR", "POST", "/v1/operations", operation("TR"))
    page = open_page(own_exchange.url, expect=LOST)
    look(page, "US")
    look(page, "TR")
    expect(page.locator(".link.live")).to_be_visible()
    clear = page.locator(".mark.clear").count()
    assert clear > 0
    own_exchange.kill()
    outage = page.get_by_role("alert")
    expect(outage).to_contain_text(re.compile(r"Connection lost, data as of \d\d:\d\d:\d\dZ"))
    expect(outage).to_contain_text("Not cleared")
    expect(page.locator(".mark.clear")).to_have_count(0)
    expect(page.get_by_text("not confirmed")).to_have_count(clear)
    # Another viewer can't be had now: the page shows nobody's picture under another's name.
    page.locator(".seen-by input[value=US]").check()
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    expect(page.locator("article")).to_have_count(0)


def test_after_an_interruption_the_page_catches_up(own_exchange, open_page):
    page = open_page(own_exchange.url, expect=LOST)
    look(page, "US")
    expect(page.locator(".link.live")).to_be_visible()
    page.context.set_offline(True)
    expect(page.get_by_role("alert")).to_contain_text("Not cleared")
    expect(page.get_by_text("No answer can be sent while the connection is lost.").first).to_be_visible()
    filed = operation("US")
    own_exchange.call("US", "POST", "/v1/operations", filed)
    expect(page.locator(f"#card-{filed['id']}")).to_have_count(0)
    page.context.set_offline(False)
    expect(page.locator(f"#card-{filed['id']}")).to_be_visible(timeout=10_000)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".link.live")).to_be_visible(timeout=20_000)


def test_a_picture_asked_for_before_an_interruption_does_not_end_it(own_exchange, open_page):
    armed, held = [], []

    def hold(route):
        if held or not armed:
            return route.continue_()
        held.append(route)
        route.request.frame.evaluate("document.documentElement.dataset.held = 'true'")

    page = open_page(own_exchange.url, expect=LOST, before=lambda page: page.route("**/v1/picture", hold))
    look(page, "US")
    expect(page.locator(".link.live")).to_be_visible()
    armed.append(True)
    own_exchange.call("US", "POST", "/v1/operations", operation("US"))
    page.wait_for_selector("html[data-held=true]")
    page.context.set_offline(True)
    expect(page.get_by_role("alert")).to_contain_text("Not cleared")
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/v1/picture")):  # it looks again, and fails
        held[0].fulfill(json=own_exchange.picture("US"))
    expect(page.get_by_role("alert")).to_contain_text("Not cleared")
    expect(page.locator(".link.live")).to_have_count(0)


def without_demo(page):
    """The same exchange as it is outside the demo: nobody is offered a viewer."""
    problem = {"title": "There is no such thing", "status": 404, "detail": "x", "code": "not_found", "next_step": "x"}
    page.route("**/demo/viewers", lambda route: route.fulfill(status=404, json=problem, content_type="application/problem+json"))


def test_outside_the_demo_the_token_decides_and_stays_in_the_tab(exchange, open_page):
    page = open_page(exchange.url, ready=False, before=without_demo, expect=("404", "401"))
    field = page.get_by_label("Access token")
    field.fill("not-a-token")
    page.get_by_role("button", name="Show my picture").click()
    expect(page.get_by_role("alert")).to_contain_text("The token is not valid")
    field.fill(f"  {exchange.tokens['RU']}\n")
    page.keyboard.press("Enter")
    page.wait_for_selector("html[data-ready=true]")
    expect(page.locator(".seen-by")).to_contain_text("Russia")
    expect(page.locator(".seen-by input")).to_have_count(0)
    page.reload()
    page.wait_for_selector("html[data-ready=true]")
    assert page.evaluate("localStorage.length") == 0
    assert page.context.cookies() == []
    assert not any(exchange.tokens["RU"] in url for url in page.requested)
    page.get_by_role("button", name="Forget token").click()
    expect(field).to_be_visible()
    assert "RU" not in (page.evaluate("sessionStorage.getItem('antalya.token')") or "")
    expect(page.locator("article")).to_have_count(0)


def test_a_token_with_letters_that_none_has_is_not_taken_for_an_outage(exchange, open_page):
    page = open_page(exchange.url, ready=False, before=without_demo, expect=("404",))
    field = page.get_by_label("Access token")
    for pasted in ("رمز", f"{exchange.tokens['RU'][:20]}…", "\u200f"):  # copied from a chat, cut off, or nothing at all
        field.fill(pasted)
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("The token was refused.")
        page.reload()
        expect(field).to_be_visible()
    field.fill(f"\u200f{exchange.tokens['RU']}\u200b")  # marks that nobody sees
    page.keyboard.press("Enter")
    page.wait_for_selector("html[data-ready=true]")


def test_a_refused_token_is_said_in_the_readers_language(exchange, open_page):
    page = open_page(exchange.url, ready=False, before=without_demo, expect=("404", "401"), locale="ar")
    header = page.locator("header.top").bounding_box()
    assert header["width"] == 1440  # the header is where it always is
    page.locator("#token").fill("not-a-token")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("رُفض الرمز. \u2068The token is not valid")


def test_a_token_that_runs_out_is_said_to_have(exchange, open_page):
    problem = {"title": "The token is not valid", "status": 401, "detail": "it has expired", "code": "bad_token",
               "next_step": "Get a new token from whoever issued this one."}
    served = []

    def expired(route):
        route.fulfill(status=401, json=problem, content_type="application/problem+json")

    def before(page):
        without_demo(page)
        page.route("**/v1/events", expired)
        page.route("**/v1/picture", lambda route: expired(route) if served else (served.append(route), route.continue_()))
    page = open_page(exchange.url, ready=False, before=before, expect=("404", "401"))
    page.locator("#token").fill(exchange.tokens["RU"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(re.compile("The token is not valid: it has expired. Get a new token"))
    expect(page.locator("#token")).to_be_visible()
    expect(page.locator("article")).to_have_count(0)


def test_who_may_only_read_is_told_so_where_an_answer_is_due(exchange, open_page):
    me = exchange.get("US", "/v1/me") | {"scopes": ["antalya.read"]}
    page = open_page(exchange.url, before=lambda page: page.route("**/v1/me", lambda route: route.fulfill(json=me)))
    look(page, "US")
    [card, *_] = [page.locator(f".card.ask:has(#ask-{ask['id']})") for ask in asked_of(exchange, "US")]
    expect(card).to_contain_text("to answer takes one with the scope antalya.answer")
    expect(card.get_by_role("button", name="Grant …")).to_have_count(0)


def test_empty_states_say_what_to_do(exchange, open_page):
    def empty(page):
        without = {"operations": [], "findings": [], "asks": [], "sites": [], "told": []}
        page.route("**/v1/picture", lambda route: route.fulfill(json=exchange.picture("TR") | without))
    page = open_page(exchange.url, before=empty)
    expect(page.get_by_text("Nothing is asked of you now.")).to_be_visible()
    expect(page.get_by_text("No finding that you may see. What nobody filed was not checked.")).to_be_visible()
    expect(page.get_by_text('File one with "antalya file"')).to_be_visible()
    expect(page.get_by_text("Nothing on this day that you may see.")).to_be_visible()


def test_thousands_of_operations_stay_usable(exchange, open_page):
    picture = exchange.picture("broker")
    model = next(o for o in picture["operations"] if o["level"] == "details")
    many = []
    for i in range(5_000):
        lon, lat, hour = 36 + (i % 100) * 0.05, 34.7 + (i // 100) * 0.05, i % 23
        ring = [[lon, lat], [lon + 0.04, lat], [lon + 0.04, lat + 0.04], [lon, lat + 0.04], [lon, lat]]
        volume = {"outline": {"type": "Polygon", "coordinates": [ring]}, "lower_m": 0, "upper_m": 900,
                  "starts_at": f"2017-03-07T{hour:02d}:00:00Z", "ends_at": f"2017-03-07T{hour + 1:02d}:00:00Z"}
        many.append(model | {"id": f"many-{i}", "operation": model["operation"] | {"id": f"many-{i}", "volumes": [volume]}})

    def crowd(page):
        page.route("**/v1/picture", lambda route: route.fulfill(json=picture | {"operations": many, "findings": [], "asks": []}))
    page = open_page(exchange.url, before=crowd)
    expect(page.get_by_role("button", name=re.compile("Show more"))).to_be_visible()
    quick = page.evaluate("""async () => { const slider = document.getElementById('moment'), times = [];
      for (let i = 0; i < 12; i++) { const begun = performance.now(); slider.value = String(20 + 4 * i);
        slider.dispatchEvent(new Event('input', {bubbles: true})); document.getElementById('map').theatre.map.renderSync();
        times.push(performance.now() - begun); await new Promise(requestAnimationFrame); }
      return times.sort((a, b) => a - b)[3]; }""")
    assert quick < 2_000  # a bound against hanging; about 45 ms on two idle cores; the lower quartile, since other tests run beside this one


ASKED_BY_BUTTON = """() => {
  const fetch = window.fetch;
  let asked = 0;
  window.fetch = (...what) => { asked += 1; return fetch(...what); };
  document.querySelector(".outage button").click();
  window.fetch = fetch;
  return asked;
}"""


def test_a_picture_that_cannot_be_renewed_is_not_taken_for_the_present(own_exchange, open_page):
    """The stream lives, but the exchange can't give the picture: what is shown is old, and says so, until it can again."""
    page = open_page(own_exchange.url, expect=("503",))
    look(page, "US")
    look(page, "TR")
    expect(page.locator(".link.live")).to_be_visible()
    busy = {"title": "The store is busy", "status": 503, "detail": "locked", "code": "store_busy", "next_step": "Try again."}
    page.route("**/v1/picture", lambda route: route.fulfill(status=503, json=busy, content_type="application/problem+json"))
    filed = operation("TR")
    own_exchange.call("TR", "POST", "/v1/operations", filed)
    expect(page.get_by_text("Not cleared")).to_be_visible(timeout=10_000)
    expect(page.get_by_text("The store is busy")).to_be_visible()
    expect(page.locator(".mark.clear")).to_have_count(0)
    page.get_by_role("button", name="Try again").click()
    assert page.evaluate(ASKED_BY_BUTTON) == 1
    expect(page.get_by_text("Not cleared")).to_be_visible()
    page.unroute("**/v1/picture")
    # the page asks again by itself too, whenever it hears from the exchange, and the button may be gone before a hand is there
    page.evaluate("document.querySelector('.outage button')?.click()")
    expect(page.locator(f"#card-{filed['id']} .mark.clear")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


GATE = """const fetch = window.fetch, gates = {};
window.shut = path => { gates[path] = {}; gates[path].passed = new Promise(open => { gates[path].open = open; }); };
window.unlock = path => gates[path].open();
window.fetch = async (path, ...rest) => { await gates[path]?.passed; return fetch(path, ...rest); };
"""
"""Requests to a path that is `shut` are not sent before it is opened."""


@pytest.mark.parametrize("viewer", ["broker", "TR"])
def test_what_happens_before_the_stream_is_open_is_shown(own_exchange, open_page, viewer):
    page = open_page(own_exchange.url, before=lambda page: page.add_init_script(GATE + "shut('/v1/events');"))
    look(page, viewer)
    expect(page.locator(".link.connecting")).to_be_visible()
    filed = operation("TR")
    own_exchange.call("TR", "POST", "/v1/operations", filed)
    if viewer == "TR":  # whose other tab takes what is told
        other = open_page(own_exchange.url)
        expect(other.locator(".link.live")).to_be_visible()
    page.evaluate("unlock('/v1/events')")
    expect(page.locator(f"#card-{filed['id']}")).to_be_visible(timeout=10_000)
    expect(page.locator(".link.live")).to_be_visible()


def test_a_picture_asked_for_before_the_stream_is_open_is_not_live(own_exchange, open_page):
    page = open_page(own_exchange.url, before=lambda page: page.add_init_script(GATE + "shut('/v1/events');"))
    look(page, "TR")
    page.evaluate("import('/static/session.js').then(session => session.reload())")
    expect(page.locator(".link.connecting")).to_be_visible()
    expect(page.locator(".link.live")).to_have_count(0)
    with page.expect_response("**/v1/events"):
        page.evaluate("shut('/v1/picture'), unlock('/v1/events')")
    expect(page.locator(".link.connecting")).to_be_visible()
    page.evaluate("unlock('/v1/picture')")
    expect(page.locator(".link.live")).to_be_visible()


def test_what_rings_for_nobody_is_shown_within_half_a_minute(exchange, open_page):
    page = open_page(exchange.url, before=lambda page: page.clock.install())
    look(page, "broker")
    expect(page.locator(".link.live")).to_be_visible()
    picture = exchange.picture("broker")
    new = next(o for o in picture["operations"] if o["level"] == "details") | {"id": "new"}
    page.route("**/v1/picture", lambda route: route.fulfill(json=picture | {"operations": [*picture["operations"], new]}))
    page.clock.fast_forward(31_000)
    expect(page.locator("#card-new")).to_be_visible()
    expect(page.locator(".link.live")).to_be_visible()


def test_what_did_not_change_is_not_sent_again_and_still_live(exchange, open_page):
    page = open_page(exchange.url, before=lambda page: page.clock.install())
    look(page, "broker")
    expect(page.locator(".link.live")).to_be_visible()

    def renewed():
        with page.expect_response("**/v1/picture") as told:
            page.clock.fast_forward(31_000)
        return told.value
    answer = renewed()
    assert (answer.status, answer.request.headers["if-none-match"]) == (304, answer.headers["etag"])
    for now, said in (("2017-03-07T09:30:00Z", "09:30:00Z"), ("2017-03-08T00:00:10Z", "00:00:10Z")):
        page.route("**/v1/picture", lambda route, _, now=now: route.fulfill(status=304, headers={"antalya-now": now}))
        assert "if-none-match" in renewed().request.headers
        expect(page.locator(".link.live")).to_contain_text(f"Live, as of {said}")
    page.unroute_all()
    answer = renewed()  # on another day the days to go through are others
    assert (answer.status, answer.request.headers.get("if-none-match")) == (200, None)
    expect(page.locator(".link.live")).to_contain_text("Live, as of 09:0")


def test_no_picture_stands_under_another_viewers_name(exchange, open_page):
    page = open_page(exchange.url, before=lambda page: page.add_init_script(GATE))
    look(page, "TR")
    expect(page.locator(".link.live")).to_be_visible()
    page.evaluate("shut('/v1/picture')")
    page.locator(".seen-by input[value=US]").check()
    expect(page.locator(".seen-by label.on")).to_contain_text("United States")
    expect(page.locator("article")).to_have_count(0)
    expect(page.get_by_text("Loading the picture")).to_be_visible()
    expect(page.locator(".lane")).to_have_count(0)
    assert page.evaluate("document.getElementById('map').theatre.layers.operations.getSource().getFeatures().length") == 0
    page.evaluate("unlock('/v1/picture')")
    expect(page.locator("article").first).to_be_visible()
    assert page.evaluate("document.getElementById('map').theatre.facts.picture.viewer.party") == "US"


def test_an_answer_that_never_comes_is_not_waited_for(exchange, open_page):
    page = open_page(exchange.url)
    look(page, "TR")
    page.route("**/v1/picture", lambda route: None)
    page.evaluate("""() => { const timeout = AbortSignal.timeout.bind(AbortSignal);
      AbortSignal.timeout = ms => { window.patience = ms; return timeout(50); }; }""")
    page.locator(".seen-by input[value=US]").check()
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    assert 5_000 <= page.evaluate("patience") <= 60_000


@pytest.mark.parametrize("answers", [True, False])
def test_on_a_phone_waiting_and_failing_are_said_where_they_are_seen(exchange, open_page, answers):
    page = open_page(exchange.url, ready=False, width=390, height=700, expect=LOST, before=lambda page: page.route(
        "**/v1/picture", lambda route: None if answers else route.abort()))
    said = page.get_by_text("Loading the picture" if answers else "The exchange does not answer")
    expect(said).to_be_in_viewport(ratio=1)


def test_who_hears_the_page_hears_what_a_button_answers(exchange, open_page):
    page = open_page(exchange.url)
    look(page, "US")
    cards = page.locator(".card.ask.open", has=page.locator(".answer"))
    expect(cards).not_to_have_count(0)
    for card in cards.all():
        heading = card.get_by_role("heading").inner_text()
        expect(card).to_have_accessible_name(heading)
        for button in card.locator(".answer").all():
            expect(button).to_have_accessible_description(heading)


def test_a_clash_of_very_many_volumes_says_so_and_its_number_stands_once_at_each_spot(own_exchange, open_page):
    def volumes(east):
        made = []
        for k in range(20):
            west = 39.9 + east + 0.001 * k
            ring = [[west, 36.2], [west + 0.1, 36.2], [west + 0.1, 36.3], [west, 36.3], [west, 36.2]]
            made.append({"outline": {"type": "Polygon", "coordinates": [ring]}, "lower_m": 300, "upper_m": 900,
                         "starts_at": "2017-03-08T10:00:00Z", "ends_at": "2017-03-08T12:00:00Z"})
        return made
    for party, east in (("RU", 0.0), ("TR", 0.01)):
        filing = operation(party, volumes=volumes(east))
        assert own_exchange.call(party, "POST", "/v1/operations", filing)[0] == 201
    found, = [f for f in own_exchange.picture("TR")["findings"] if f["operation"] == filing["id"]]
    assert found["more"]
    assert len(found["met"]) == 250
    page = open_page(own_exchange.url)
    look(page, "TR")
    page.get_by_role("combobox").first.select_option("tr")
    expect(page.locator(".card", has_text="yalnızca ilkleri gösteriliyor")).to_have_count(1)
    numbers = page.evaluate("""id => document.getElementById('map').theatre.features.badges
        .filter((f) => f.get('id') === id).map((f) => [f.get('windows').length, f.get('beside')])""", found["id"])
    assert sum(windows for windows, _ in numbers) == 250
    assert len(numbers) <= 4
    assert all(beside == 0 for _, beside in numbers)


STREAM = """const fetch_ = window.fetch;
window.fetch = async (path, ...rest) => path !== "/v1/events" ? fetch_(path, ...rest) : new Response(new ReadableStream({
  start: stream => { window.ring = text => stream.enqueue(new TextEncoder().encode(text)); }}));
"""
"""The stream says what the test has `ring` say."""
CHANGED = "event: operation.changed\\ndata: {}\\n\\n"
RINGING = f"""() => new Promise(done => {{
  const fetch = window.fetch;
  let rung = 0;
  const bell = setInterval(() => {{ if (++rung > 40) finish(false); else ring("{CHANGED}"); }}, 50);
  const finish = asked => {{ clearInterval(bell); window.fetch = fetch; done(asked); }};
  window.fetch = (path, ...rest) => {{ if (path === "/v1/picture") finish(true); return fetch(path, ...rest); }};
}})"""


def test_however_quickly_things_happen_the_picture_is_renewed_meanwhile(exchange, open_page):
    page = open_page(exchange.url, before=lambda page: page.add_init_script(STREAM))
    look(page, "broker")
    expect(page.locator(".link.live")).to_be_visible()
    assert page.evaluate(RINGING)
    assert page.evaluate(RINGING)  # and again


def test_what_was_told_and_is_not_shown_yet_is_not_said_to_be_as_of_now(exchange, open_page):
    page = open_page(exchange.url, before=lambda page: (page.clock.install(), page.add_init_script(GATE + STREAM)))
    look(page, "broker")
    expect(page.locator(".link.live")).to_be_visible()
    said = page.locator(".link").inner_text()
    heard = "ping => (ring(ping), new Promise(requestAnimationFrame))"
    page.evaluate("shut('/v1/picture')")
    page.evaluate("changed => new Promise(done => { ring(changed); setTimeout(done, 300); })", "event: operation.changed\ndata: {}\n\n")
    page.clock.fast_forward(15_000)
    for _ in range(3):
        page.evaluate(heard, ": ping\n\n")
    assert page.locator(".link").inner_text() == said
    page.evaluate("unlock('/v1/picture')")
    page.clock.fast_forward(15_000)
    page.wait_for_function("said => (ring(': ping\\n\\n'), document.querySelector('.link.live')?.innerText !== said)", arg=said)


def half_answered(page, ask, note):
    """Begins an answer to an ask, with a note; its card."""
    card = page.locator(f".card.ask:has(#ask-{ask['id']})")
    card.get_by_role("button", name="Grant …").click()
    card.get_by_label("Note").fill(note)
    return card


def test_a_half_written_answer_stays_while_another_ask_goes(own_exchange, open_page):
    page = open_page(own_exchange.url)
    look(page, "US")
    expect(page.locator(".link.live")).to_be_visible()
    first, second = asked_of(own_exchange, "US")
    card = half_answered(page, second, "Only after")
    own_exchange.call("US", "POST", f"/v1/asks/{first['id']}/answers", {"decision": "refuse"})
    expect(page.locator(f".card.ask.refused:has(#ask-{first['id']})")).to_be_visible(timeout=10_000)
    expect(card.get_by_label("Note")).to_have_value("Only after")
    expect(card.get_by_label("Note")).to_be_focused()


def test_who_goes_back_or_has_answered_keeps_the_focus(own_exchange, open_page):
    page = open_page(own_exchange.url)
    look(page, "US")
    [ask, *_] = asked_of(own_exchange, "US")
    card = half_answered(page, ask, "Only after")
    card.get_by_role("button", name="Back").press("Enter")
    expect(card.get_by_role("button", name="Grant …")).to_be_focused()
    page.keyboard.press("Enter")
    expect(card.get_by_label("Note")).to_have_value("Only after")
    card.get_by_role("button", name="Yes: Grant").press("Enter")
    expect(page.locator(".card.ask.granted").get_by_role("heading")).to_be_focused()


def test_the_focus_stays_on_a_card_when_something_graver_comes_before_it(exchange, open_page):
    page = open_page(exchange.url)
    look(page, "US")
    picture = exchange.picture("US")
    found = [f for f in picture["findings"] if not f["closed_at"]]
    new = next(f for f in found if not f["settled"]) | {"id": "new", "severity": "critical", "starts_at": "2017-03-01T00:00:00Z"}
    titles = page.locator("section:has(#findings) button.title")
    for i in range(len(found)):
        title = page.locator(f"#{titles.nth(i).locator('xpath=ancestor::article').get_attribute('id')} button.title")
        title.focus()
        page.route("**/v1/picture", lambda route: route.fulfill(json=picture | {"findings": [new, *picture["findings"]]}))
        page.evaluate("import('/static/session.js').then(session => session.reload())")
        expect(page.locator("#card-new")).to_be_visible()
        expect(title).to_be_focused()
        page.unroute_all()
        page.evaluate("import('/static/session.js').then(session => session.reload())")
        expect(page.locator("#card-new")).to_have_count(0)


def test_what_was_typed_outlives_a_token_that_runs_out_and_is_forgotten_with_one_that_is(own_exchange, open_page):
    problem = {"title": "The token is not valid", "status": 401, "detail": "it has expired", "code": "bad_token", "next_step": "x"}
    page = open_page(own_exchange.url, ready=False, before=without_demo, expect=("404", "401"))
    [ask, *_] = asked_of(own_exchange, "US")

    def enter():
        page.locator("#token").fill(own_exchange.tokens["US"])
        page.keyboard.press("Enter")
    enter()
    half_answered(page, ask, "Only after")
    page.route("**/v1/picture", lambda route: route.fulfill(status=401, json=problem, content_type="application/problem+json"))
    page.evaluate("import('/static/session.js').then(session => session.reload())")
    expect(page.get_by_role("alert")).to_contain_text("it has expired")
    page.unroute("**/v1/picture")
    enter()
    page.locator(f".card.ask:has(#ask-{ask['id']})").get_by_role("button", name="Grant …").click()
    expect(page.get_by_label("Note")).to_have_value("Only after")
    page.get_by_role("button", name="Forget token").click()
    enter()
    page.locator(f".card.ask:has(#ask-{ask['id']})").get_by_role("button", name="Grant …").click()
    expect(page.get_by_label("Note")).to_have_value("")


@pytest.mark.parametrize("arrived", [True, False])
def test_an_answer_of_which_nothing_is_heard_is_not_said_to_be_unrecorded(own_exchange, open_page, arrived):
    def lose(route):
        if arrived:
            route.fetch()
        route.abort()
    page = open_page(own_exchange.url, expect=LOST, before=lambda page: page.add_init_script(GATE + "shut('/v1/events');"))
    look(page, "US")
    [ask, *_] = asked_of(own_exchange, "US")
    page.route("**/answers", lose)
    card = half_answered(page, ask, "Only after")
    card.get_by_role("button", name="Yes: Grant").click()
    if arrived:  # the stream says nothing: the page looks by itself
        expect(page.locator(f".card.ask.granted:has(#ask-{ask['id']})")).to_be_visible()
    else:
        expect(card.get_by_role("alert")).to_contain_text("it is not known whether yours was recorded")
        expect(card.get_by_label("Note")).to_have_value("Only after")


def test_where_the_page_gets_no_words_it_says_so(exchange, open_page):
    page = open_page(exchange.url, ready=False, expect=("502",), before=lambda page: page.route(
        "**/i18n/en.json", lambda route: route.fulfill(status=502, body="<html>Bad gateway")))
    expect(page.locator("#app")).to_have_text("The exchange does not answer. Nothing is cleared. Load the page again.")


def test_a_language_that_cannot_be_had_is_not_chosen(exchange, open_page):
    page = open_page(exchange.url, expect=LOST)
    page.route("**/i18n/tr.json", lambda route: route.abort())
    page.locator(".language select").select_option("tr")
    expect(page.locator(".language select")).to_have_value("en")
    page.unroute_all()
    page.locator(".language select").select_option("tr")
    expect(page.locator("html")).to_have_attribute("lang", "tr")


def test_the_same_news_once_more_is_another_text_for_who_hears_it(exchange, open_page):
    page = open_page(exchange.url, before=lambda page: page.add_init_script(STREAM))
    look(page, "TR")
    expect(page.locator(".link.live")).to_be_visible()
    said = [""]
    for second in (1, 2, 3):
        page.evaluate("text => ring(text)", f'event: finding.opened\ndata: {{"at": "2017-03-09T09:00:0{second}Z"}}\n\n')
        page.wait_for_function("before => document.querySelector('.news').textContent !== before", arg=said[-1])
        said.append(page.locator(".news").text_content())
    assert {text.strip() for text in said[1:]} == {"New finding."}


def test_what_is_copied_from_the_page_can_be_noted(own_exchange, open_page):
    page = open_page(own_exchange.url)
    look(page, "US")
    [ask, *_] = asked_of(own_exchange, "US")
    copied = page.locator(f".card.ask:has(#ask-{ask['id']}) dl").evaluate("list => list.querySelector('dd:last-of-type').textContent")
    assert "\u2066" in copied
    card = half_answered(page, ask, f"Not {copied}, \u200fبعد السابعة")
    card.get_by_label("Conditions").fill(f"\u200f\n{copied} only\u200b")
    card.get_by_role("button", name="Yes: Grant").click()
    expect(page.locator(".card.ask.granted-with-conditions")).to_have_count(1)
    state = next(a for a in own_exchange.picture("US")["asks"] if a["id"] == ask["id"])
    plain = re.sub("[\u2060\u2066\u2069]", "", copied)
    assert (state["answers"][-1]["note"], state["conditions"]) == (f"Not {plain}, بعد السابعة", [f"{plain} only"])


RESTS = """() => { const later = window.setTimeout; window.rests = [];
  window.setTimeout = (what, ms, ...more) => { rests.push(ms); return later(what, ms, ...more); }; }"""


def test_a_picture_that_takes_its_time_is_renewed_after_a_rest_as_long(exchange, open_page):
    page = open_page(exchange.url, before=lambda page: (page.clock.install(), page.add_init_script(GATE + STREAM)))
    look(page, "broker")
    expect(page.locator(".link.live")).to_be_visible()
    page.evaluate(RESTS)
    page.evaluate("shut('/v1/picture')")
    page.evaluate("changed => ring(changed)", "event: operation.changed\ndata: {}\n\n")
    page.wait_for_function("() => rests.includes(250)")
    page.clock.fast_forward(300)  # it is asked for
    page.evaluate("changed => ring(changed)", "event: operation.changed\ndata: {}\n\n")
    page.clock.fast_forward(5_000)
    page.evaluate("unlock('/v1/picture')")
    page.wait_for_function("() => rests.some(ms => ms >= 5000 && ms < 40000)")


def test_a_button_that_does_nothing_now_keeps_the_focus(own_exchange, open_page):
    page = open_page(own_exchange.url, expect=("422",))
    look(page, "US")
    for name, key in (("Day before", "first"), ("Day after", "last")):
        button = page.get_by_role("button", name=name)
        button.focus()
        for _ in range(10):
            page.keyboard.press("Enter")
        expect(button).to_be_focused()
        expect(button).to_be_disabled()
        assert page.evaluate("""key => { const {clock, days} = document.getElementById('map').theatre.state;
          return clock.day === days.at(key === 'first' ? 0 : -1); }""", key)
    [ask, *_] = asked_of(own_exchange, "US")
    sent = []

    def slowly(route):
        sent.append(route)
    page.route("**/answers", slowly)
    card = half_answered(page, ask, "Only after")
    sure = card.get_by_role("button", name="Yes: Grant")
    sure.press("Enter")
    expect(sure).to_be_disabled()
    page.keyboard.press("Enter")
    card.get_by_label("Note").press("Enter")
    sure.focus()
    problem = {"title": "No", "status": 422, "detail": "x", "code": "bad_text", "next_step": "y"}
    sent[0].fulfill(status=422, json=problem, content_type="application/problem+json")
    expect(card.get_by_role("alert")).to_be_visible()
    expect(sure).to_be_focused()
    expect(sure).to_be_enabled()
    assert len(sent) == 1
