"""The hour at which the tests run decides nothing, unless a test is about it."""

import pytest


@pytest.fixture(autouse=True)
def at_any_time(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules of calling have tests of their own (tests/calling); `call_window` keeps them here."""
    if request.node.get_closest_marker("call_window") is None:
        monkeypatch.setattr("apps.calling.selectors.check", lambda **_facts: None)
