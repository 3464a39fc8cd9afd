"""What every notices connector must do, whatever the provider behind it."""

from typing import Any

import pytest

from orderline.contracts.notices import DeliveryState, Notice, Notices, NotSent, Sent


def notice(key: str, **changes: Any) -> Notice:
    content: dict[str, Any] = {"key": key, "to": "ana@example.com", "subject": "On its way", "text": "Your order ..."}
    return Notice(**content | changes)


@pytest.mark.anyio
class NoticesConformance:
    """To be inherited; needs a fixture `notices`."""

    async def test_a_set_has_one_outcome_per_message_in_order(self, notices: Notices) -> None:
        outcomes = await notices.send([notice("n-1"), notice("n-2", to="nowhere"), notice("n-3")])
        assert [type(each) for each in outcomes] == [Sent, NotSent, Sent]

    async def test_a_key_used_again_for_something_else_is_not_sent(self, notices: Notices) -> None:
        await notices.send([notice("n-1")])
        [outcome] = await notices.send([notice("n-1", text="Something else")])
        assert isinstance(outcome, NotSent)

    async def test_statuses_are_known_of_what_was_sent_only(self, notices: Notices) -> None:
        [outcome] = await notices.send([notice("n-1")])
        assert isinstance(outcome, Sent)
        sent, unknown = await notices.statuses([outcome.delivery_id, "none"])
        assert sent is not None
        assert sent.state in DeliveryState
        assert unknown is None
