"""What does not stand in openapi.json, an address does not do."""

import pytest
from tests.http.conftest import Door


@pytest.mark.parametrize("path", ["/v1/operations/", "/v1/me/", "/dss/v1/reports/"])
def test_an_address_with_a_slash_too_many_is_none_and_leads_nowhere(door: Door, path: str) -> None:
    for method in ("GET", "POST"):
        answer = door.client("US").request(method, path)
        assert (answer.status_code, "location" in answer.headers) == (404, False)


def test_of_an_event_stream_the_head_alone_may_be_asked(door: Door) -> None:
    client = door.client("US")
    answer = client.head("/v1/events")
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
    assert client.get("/v1/me").status_code == 200
    assert not door.facing.streams._of
