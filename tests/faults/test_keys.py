"""What the simulation meets too rarely to show it: an idempotency key belongs to one call, not to its bytes."""

from __future__ import annotations

from ligament.flow.execute.sending import _key


def test_the_same_bytes_sent_on_purpose_twice_never_share_a_key() -> None:
    """A bill goes from A to B and back to A within minutes: the third write must not be answered with the first's."""
    first, later = _key("run-digest-1000", 0), _key("run-digest-2000", 0)
    assert first != later
    assert first != _key("run-digest-1000", 1)
    assert first == _key("run-digest-1000", 0)
