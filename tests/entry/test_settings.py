"""Settings that can't be are refused as they are read, not at each request; all of them can be given by the environment."""

from pathlib import Path

import pytest

from antalya.entry.settings import Settings, load
from antalya.model.errors import AntalyaError


def read(directory: Path, name: str, text: str) -> Settings:
    return load(directory, environment={name: text}, need_file=False).settings


@pytest.mark.parametrize("name", ["HORIZON_DAYS", "PAST_S", "ASK_DEFAULT_S", "CLOCK_BACK_S", "REQUESTS_PER_S", "AREA_KM2",
                                  "AREA_BUDGET_KM2_PER_DAY"])
@pytest.mark.parametrize("value", ["inf", "1e16", "nan", "-1"])
def test_a_limit_that_no_moment_or_number_can_hold_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(AntalyaError, match="bad_setting") as refused:
        read(tmp_path, f"ANTALYA_LIMITS__{name}", value)
    assert name.lower() in refused.value.detail


@pytest.mark.parametrize("box", ["[10, 20, 5, 10]", "[181, 0, 5, 10]", "[0, 0, 5, 91]"])
def test_a_theatre_that_is_no_place_is_refused(tmp_path: Path, box: str) -> None:
    with pytest.raises(AntalyaError, match="bad_setting"):
        read(tmp_path, "ANTALYA_LIMITS__THEATRE", box)


def test_a_text_may_be_empty_in_the_environment_where_it_may_be_empty(tmp_path: Path) -> None:
    assert read(tmp_path, "ANTALYA_USS__BASE_URL", "").uss.base_url == ""
    with pytest.raises(AntalyaError, match="audience"):
        read(tmp_path, "ANTALYA_AUDIENCE", "")
