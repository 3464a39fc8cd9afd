"""Policies are put, activated, rolled back; what is not right changes nothing."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from orderline.core.policies.commands import (
    ActivatePolicy,
    PutPolicy,
    RetirePolicy,
    RollBackPolicy,
    ShadowPolicy,
)
from orderline.core.policies.refusals import PolicyRefusal as R
from orderline.core.policies.state import Policy
from orderline.engine.engine import Engine
from orderline.store.database import Database
from orderline.values.failures import Refused
from support.engines import assert_clean, open_shop

TEXT = """kind = "routing"
[[group]]
name = "all"
[[group.rule]]
name = "near"
objective = ["distance"]
"""


def put(engine: Engine, text: str = TEXT, *, draft: bool = False) -> Policy:
    return msgspec.json.decode(engine.run(PutPolicy(policy="main", text=text, draft=draft)), type=Policy)


def refusal_of(
    engine: Engine, command: PutPolicy | ActivatePolicy | RollBackPolicy | RetirePolicy | ShadowPolicy
) -> str:
    with pytest.raises(Refused) as refused:
        engine.run(command)
    return refused.value.code.value


def states(policy: Policy) -> list[str]:
    return [version.state.value for version in policy.versions]


def test_a_version_is_put_activated_replaced_and_rolled_back(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10)])
    assert states(put(engine)) == ["validated"]
    put(engine, TEXT.replace('"distance"', '"locations", "distance"'))

    def run(command: ActivatePolicy | RollBackPolicy | RetirePolicy) -> Policy:
        return msgspec.json.decode(engine.run(command), type=Policy)

    now = datetime.now(UTC) + timedelta(seconds=5)
    first = run(ActivatePolicy(policy="main", policy_version=1))
    second = run(ActivatePolicy(policy="main", policy_version=2))
    assert (states(first), states(second)) == (["active", "validated"], ["retired", "active"])
    held = second.active_at(now)
    assert held is not None
    assert held.number == 2
    back = run(RollBackPolicy(policy="main"))
    held = back.active_at(now)
    assert held is not None
    assert (held.number, back.activations[-1].rollback, states(back)) == (1, True, ["active", "retired"])
    assert run(RetirePolicy(policy="main")).active_at(now) is None
    assert refusal_of(engine, RetirePolicy(policy="main")) == R.POLICY_STATE
    assert_clean(database)


def test_a_version_may_hold_for_a_time(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10)])
    put(engine)
    put(engine, TEXT.replace('"distance"', '"cost"'))
    engine.run(ActivatePolicy(policy="main", policy_version=1))
    begin = datetime.now(UTC) + timedelta(days=10)
    armed = msgspec.json.decode(
        engine.run(
            ActivatePolicy(
                policy="main", policy_version=2, effective_from=begin, effective_to=begin + timedelta(days=3)
            )
        ),
        type=Policy,
    )
    held = [armed.active_at(begin + timedelta(days=days)) for days in (-1, 0, 2, 3)]
    assert [each.number for each in held if each is not None] == [1, 2, 2, 1]
    assert (
        refusal_of(engine, ActivatePolicy(policy="main", policy_version=2, effective_to=begin - timedelta(days=99)))
        == R.POLICY_PERIOD
    )
    assert_clean(database)


def test_what_is_not_right_changes_nothing(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10)])
    put(engine)
    engine.run(ActivatePolicy(policy="main", policy_version=1))
    wrong = TEXT.replace('objective = ["distance"]', 'objective = ["distance"]\nmost_km = 4')
    assert refusal_of(engine, PutPolicy(policy="main", text=wrong)) == R.POLICY_INVALID
    unknown = TEXT + '[group.rule.locations]\ncodes = ["lyn"]\n'
    with pytest.raises(Refused) as refused:
        engine.run(PutPolicy(policy="main", text=unknown))
    assert refused.value.facts["faults"][0] == {
        "line": 8,
        "column": 9,
        "at": "group[0].rule[0].locations.codes",
        "message": "there is no location `lyn`",
        "expected": "the code of a location",
        "nearest": ["lyon"],
    }
    for rest, told in (
        ('[[exclude]]\ncodes = ["lyn"]\n', "there is no location `lyn`"),
        ('[[group.rule.leftover]]\ndo = "hold"\ntype = "frud"\n', "did you mean fraud"),
    ):
        with pytest.raises(Refused) as refused:
            engine.run(PutPolicy(policy="main", text=TEXT + rest))
        assert told in refused.value.facts["value"]
    assert refusal_of(engine, PutPolicy(policy="main", text=TEXT)) == R.POLICY_UNCHANGED
    assert refusal_of(engine, ActivatePolicy(policy="main", policy_version=2)) == R.POLICY_VERSION_UNKNOWN
    assert refusal_of(engine, ActivatePolicy(policy="none", policy_version=1)) == R.POLICY_UNKNOWN
    assert refusal_of(engine, RollBackPolicy(policy="main")) == R.POLICY_NOTHING_TO_ROLL_BACK
    assert states(put(engine, wrong, draft=True)) == ["active", "draft"]
    assert refusal_of(engine, ActivatePolicy(policy="main", policy_version=2)) == R.POLICY_STATE
    assert refusal_of(engine, PutPolicy(policy="main", text=wrong)) == R.POLICY_INVALID
    assert refusal_of(engine, ShadowPolicy(policy="main", policy_version=2)) == R.POLICY_STATE
    assert_clean(database)
