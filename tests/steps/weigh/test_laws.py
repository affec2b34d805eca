"""Laws of weighing: exceptions, suspension, symmetry, order, what remedies do, and what is never told."""

from collections.abc import Iterable
from typing import Any, get_args

import msgspec
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.pictures import agreed, book, box, circle, clashes, findings, hour, plan, volume
from tests.steps.weigh.test_sites import site
from tests.strategies import plans, rules

from antalya.geometry.overlap import Part, overlaps, whole
from antalya.geometry.touch import closer
from antalya.model import Area, Circle, Finding, Remedy, Volume, Window
from antalya.model.rules import AnyRule, Exceptions, Hotline
from antalya.picture import Prepared, Rulebook, prepare, shape_of
from antalya.steps.weigh.trims import above, below, earlier, later

slow = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
SITES = [site(outline=circle(3, 3, 200), stand_off_m=1_000.0), site("t", outline=box(-5, -5, -4, -4), kind="school")]
EVERYWHERE = Area(id="everywhere", name="all", outline=box(-90, -90, 90, 90))
ALL_DAY = Window(starts_at=hour(-1_000), ends_at=hour(1_000))


def cited(found: Iterable[Finding]) -> list[Finding]:
    return [f for f in found if f.understanding is not None]


def in_force(rule: AnyRule, status: Any = "in-force") -> Rulebook:
    return book(agreed(rule, status=status), sites=SITES, areas=[EVERYWHERE])


@st.composite
def fitting(draw: st.DrawFn) -> Exceptions:
    """An exception that fits the plan `a` of TR, whatever it is."""
    return draw(st.sampled_from([
        Exceptions(parties=("TR",)), Exceptions(operations=("a",)), Exceptions(areas=("everywhere",)),
        Exceptions(windows=(ALL_DAY,)), Exceptions(forces=("TAF", "TSO"), parties=("TR",)),
        Exceptions(activities=get_args(get_args(Exceptions.__annotations__["activities"])[0]))]))


def test_every_kind_of_rule_is_drawn() -> None:
    drawn: set[type] = set()

    @given(rules())
    @settings(max_examples=400, deadline=None, derandomize=True, database=None)
    def collect(rule: AnyRule) -> None:
        drawn.add(type(rule))
    collect()
    assert drawn == set(get_args(AnyRule))


@given(plans("a"), plans("b", "RU"), fitting().flatmap(lambda e: rules(exceptions=e)))
@slow
def test_a_rule_with_an_exception_that_fits_never_fires(a: Prepared, b: Prepared, rule: AnyRule) -> None:
    assert cited(findings(a, b, rules=in_force(rule))) == []


@given(plans("a"), plans("b", "RU"), rules(window=Window(starts_at=hour(-9), ends_at=hour(-8))))
@slow
def test_outside_its_window_a_rule_never_fires(a: Prepared, b: Prepared, rule: AnyRule) -> None:
    assert cited(findings(a, b, rules=in_force(rule))) == []


@given(plans("a"), plans("b", "RU"), rules(), st.sampled_from(["proposed", "ended"]))
@slow
def test_what_is_not_agreed_or_over_rules_nothing(a: Prepared, b: Prepared, rule: AnyRule, status: str) -> None:
    assert cited(findings(a, b, rules=in_force(rule, status))) == []


@given(plans("a"), plans("b", "RU"), rules())
@slow
def test_suspension_turns_the_same_findings_into_warnings(a: Prepared, b: Prepared, rule: AnyRule) -> None:
    held = cited(findings(a, b, rules=in_force(rule)))
    warned = cited(findings(a, b, rules=in_force(rule, "suspended")))
    assert all((f.effect, f.severity, f.ask, f.asks_of) == ("none", "warning", None, ()) for f in warned)
    assert all("suspended" in f.text for f in warned)
    shown = {f.id: f.met for f in warned}
    for f in held:
        if f.kind != "clash":  # a clash may stand by the defaults, whatever was suspended
            assert shown[f.id] == f.met


@given(plans("a"), plans("b", "RU"), rules())
@slow
def test_findings_about_a_pair_are_the_same_from_either_side(a: Prepared, b: Prepared, rule: AnyRule) -> None:
    book_ = in_force(rule)
    one = {f.id: f for f in findings(a, b, rules=book_) if f.other is not None}
    other = {f.id: f for f in findings(b, a, rules=book_) if f.other is not None}
    assert one == other


@given(plans("a"), st.permutations(["b", "c", "d"]), st.lists(plans("x", "RU"), min_size=3, max_size=3), rules())
@slow
def test_the_order_of_neighbours_makes_no_difference(a: Prepared, order: list[str], others: list[Prepared],
                                                     rule: AnyRule) -> None:
    known = {id_: o._replace(operation=msgspec.structs.replace(o.operation, id=id_))
             for id_, o in zip("bcd", others, strict=True)}
    book_ = in_force(rule)
    assert findings(a, *(known[i] for i in order), rules=book_) == findings(a, *(known[i] for i in "bcd"), rules=book_)


@given(plans("a"), plans("b", "RU"), rules())
@slow
def test_ids_are_unique_and_findings_are_whole(a: Prepared, b: Prepared, rule: AnyRule) -> None:
    found = findings(a, b, rules=in_force(rule))
    assert len({f.id for f in found}) == len(found)
    for f in found:
        assert msgspec.json.decode(msgspec.json.encode(f), type=Finding) == f
        assert not isinstance(rule, Hotline) or f.rule is None
        assert f.met
        assert f.starts_at == min(m.starts_at for m in f.met)
        assert f.remedies or f.effect == "none"
        assert (f.ask is not None) == bool(f.asks_of)
        assert "a" in (f.operation, f.other)
        assert f.effect != "hold" or f.ask is not None


def left(of: Volume, part: Part | None) -> Volume | None:
    return None if part is None else msgspec.structs.replace(of, **part._asdict())


def trimmed(of: Prepared, remedy: Remedy, finding: Finding) -> Prepared | None:
    """The operation after the remedy was made; None where nothing of a volume is left, which no trim may do."""
    mine = of.operation.id == finding.operation
    named = {m.volume if mine else m.other_volume for m in finding.met}
    cuts: list[Volume | None] = []
    for i, v in enumerate(of.operation.volumes):
        if i not in named:
            cuts.append(v)
        elif remedy.instant is not None:
            cuts.append(left(v, (later if remedy.kind == "start-after" else earlier)(whole(v), remedy.instant)))
        else:
            assert remedy.altitude_m is not None
            cuts.append(left(v, (below if remedy.kind == "stay-below" else above)(whole(v), remedy.altitude_m)))
    if None in cuts:
        return None
    return prepare(msgspec.structs.replace(of.operation, volumes=tuple(cuts)), of.filed_at, of.first_filed_at)


NOTICE = {"notice-too-short", "size-notice-short"}
"""Their start lies after the notice that counts anew from the change, not on the same plan (test_notice.py)."""


@given(plans("a"), plans("b", "RU"), rules())
@slow
def test_a_trim_removes_its_finding(a: Prepared, b: Prepared, rule: AnyRule) -> None:
    book_ = in_force(rule)
    tried = 0
    for finding in findings(a, b, rules=book_):
        for remedy in finding.remedies:
            if (remedy.instant is None and remedy.altitude_m is None) or finding.why in NOTICE:
                continue
            tried += 1
            mine = remedy.operation == "a"
            after = trimmed(a if mine else b, remedy, finding)
            assert after is not None, remedy.text
            again = findings(after, b, rules=book_) if mine else findings(a, after, rules=book_)
            assert finding.id not in {f.id for f in again}, remedy.text
    assume(tried)


@given(plans("a"), plans("b", "RU"), st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=6, max_size=6))
@slow
def test_who_leaves_the_region_of_a_clash_keeps_the_minima(a: Prepared, b: Prepared, where: list[tuple[float, float]]) -> None:
    """Spots of half a metre all over a plan: those 2 m or more outside the region shown are far enough from the other."""
    for clash in clashes(a, b):
        for e in clash.encounters:
            mine, theirs = (e.volume, e.other_volume) if a.precedence > b.precedence else (e.other_volume, e.volume)
            own, other, region = a.shapes[mine], b.shapes[theirs], shape_of(e.met.region)
            for x, y in where:
                lon, lat = own.centre
                spot = shape_of(Circle(center=(lon + x * own.radius_m / 89_000, lat + y * own.radius_m / 111_000), radius_m=0.5))
                if overlaps(spot, own) and not closer(spot, region, 2.0):
                    assert not closer(spot, other, max(e.meeting.minima.across_m - 1.0, 0.0))


@given(plans("a"), plans("b", "RU"), rules())
@slow
def test_no_text_names_the_other_side(a: Prepared, b: Prepared, rule: AnyRule) -> None:
    secret = b._replace(operation=msgspec.structs.replace(b.operation, id="zz-other", title="zz-title", note="zz-note"))
    for finding in findings(a, secret, rules=in_force(rule)):
        if finding.other is None:
            continue
        told = [finding.text, str(finding.params), *(r.text for r in finding.remedies)]
        for word in ("zz-", "RU", "RUF", "SAA", "TR", "TAF", "TSO", *(v.starts_at.isoformat()[:16] for v in b.operation.volumes)):
            shown = {m.starts_at.isoformat()[:16] for m in finding.met} | {m.ends_at.isoformat()[:16] for m in finding.met}
            assert word in shown or not any(word in text for text in told), word


def test_a_trim_is_told_in_whole_seconds_and_metres() -> None:
    other = plan("b", "RU", "ground-movement", volume(start=7.00001, end=12, lower_m=900.5, upper_m=1_100))
    found = findings(plan("a"), other)[0]
    for remedy in found.remedies:
        assert remedy.instant is None or remedy.instant.microsecond == 0
        assert remedy.altitude_m is None or remedy.altitude_m == round(remedy.altitude_m)
    assert {r.kind for r in found.remedies} >= {"end-before", "stay-below", "leave-region", "obtain-consent"}


def test_no_height_is_told_that_would_have_to_be_rounded() -> None:
    """Below 100.46 m would be told as 100.5 m, or as 100 m, which leaves nothing of the plan."""
    zone = plan("b", "RU", "constraint", volume(lower_m=100.46, upper_m=200.54))
    for thin in (volume(lower_m=100.2, upper_m=100.8), volume(lower_m=200.2, upper_m=200.8)):
        (found,) = findings(plan("a", "TR", "patrol", thin), zone)
        heights = [(r.kind, r.altitude_m) for r in found.remedies if r.operation == "a" and r.altitude_m is not None]
        assert heights == [], heights


def test_advice_that_lies_in_the_past_is_not_given() -> None:
    pair = plan("a"), plan("b", "RU", "ground-movement", volume(start=7, end=9))
    assert "end-before" in {r.kind for r in findings(*pair)[0].remedies if r.operation == "b"} | {
        r.kind for r in findings(*pair)[0].remedies}
    assert "end-before" not in {r.kind for r in findings(*pair, now=hour(7.5))[0].remedies}
