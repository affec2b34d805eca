"""What a rulebook keeps of its rules is what it would look up again."""

from msgspec.structs import replace
from tests.pictures import agreed, box, hour

from antalya.model import Window
from antalya.model.rules import KeepOut, LeadTime
from antalya.picture import Rulebook
from antalya.scope import ground_of

OUT = KeepOut(id="out", outline=box(0, 0, 1, 1), parties=("TR",))


def test_rules_of_a_kind_are_all_of_that_kind() -> None:
    first, second = agreed(OUT, LeadTime(id="lead", notice_s=60)), agreed(replace(OUT, id="other"), id="second")
    over = agreed(replace(OUT, id="gone"), id="third", status="ended")
    book = Rulebook(understandings={u.id: u for u in (first, second, over)})
    for _ in range(2):
        assert [(u.id, r.id) for u, r in book.of_kind(KeepOut)] == [(first.id, "out"), ("second", "other")]
        assert [(u, r) for u, r in book.rules() if isinstance(r, LeadTime)] == list(book.of_kind(LeadTime))


def test_a_ground_is_kept_for_its_own_rule_and_bounds() -> None:
    understanding, book = agreed(OUT), Rulebook()
    ground = ground_of(understanding, OUT, book)
    assert ground_of(understanding, OUT, book) is ground
    assert ground_of(understanding, OUT, book, lower_m=5.0).lower_m == 5.0
    assert ground_of(understanding, OUT, book, stand_off_m=7.0).stand_off_m == 7.0
    later = replace(OUT, window=Window(starts_at=hour(1), ends_at=hour(2)))
    assert ground_of(understanding, later, book).spans != ground.spans  # the same ids, another rule
    assert ground_of(understanding, OUT, Rulebook()) is not ground
