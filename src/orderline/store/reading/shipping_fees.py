"""The policy that says what shipping costs on a channel."""

from datetime import datetime
from typing import NamedTuple

from orderline.core.policies.kinds import active_policies
from orderline.core.policies.state import POLICY, TEXT, Policy, PolicyKind, text_id
from orderline.core.shipping_fees.policy import ShippingPolicy, compile_shipping
from orderline.store.loading import decode_record
from orderline.store.reading.source import Source


class HeldPolicy(NamedTuple):
    """A policy with the name of its version."""

    name: str
    policy: ShippingPolicy


def load_fee_policy(source: Source, channel: str, at: datetime) -> HeldPolicy | None:
    """The narrowest policy that held for a channel at an instant; None: shipping costs nothing by policy."""
    rows = source.rows("policies", "active_policies", subject=PolicyKind.SHIPPING.value)
    policies: list[Policy] = [decode_record(POLICY, body) for (body,) in rows]
    for policy, number in active_policies(policies, PolicyKind.SHIPPING, at):
        version = policy.versions[number - 1]
        if version.scope.holds(channel, "", ""):
            [(_, body)] = source.rows("policies", "policy_texts", ids=[text_id(policy.id, version.digest)])
            name = f"{policy.id}@{number}"
            return HeldPolicy(name, compile_shipping(decode_record(TEXT, body).text, name))
    return None
