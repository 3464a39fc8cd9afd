"""What `verify` says of contracts whose renewals are not what they should be."""

from datetime import timedelta

from orderline.core.contracts.commands import PauseContract, RecordRenewal, StartContract
from orderline.engine.engine import Engine, utc_now
from orderline.engine.verifying import verify
from support.engines import assert_clean, faults_of, open_shop, placed
from support.shop import order_of


def test_a_renewal_that_is_no_order_of_its_name_or_has_no_job_is_found(engine: Engine) -> None:
    open_shop(engine, [("TEE-M", "lyon", 9)])
    order = placed(engine, order_of("K-1", ("TEE-M", 1, 2000)))
    engine.run(StartContract(contract="box", order=order, starts_at=utc_now() + timedelta(days=30)))
    first = placed(engine, order_of("box-1", ("TEE-M", 1, 2000)))
    engine.run(RecordRenewal(contract="box", renewal=1, placed=first))
    assert_clean(engine.database)
    with engine.database.connection() as connection:
        connection.execute("DELETE FROM outbox WHERE kind = 'renew'")
        connection.execute("COMMIT")
    assert "nothing places the renewal that is due" in str(faults_of(verify(engine.database))["contracts"])
    engine.run(PauseContract(contract="box"))
    assert_clean(engine.database)
    other = placed(engine, order_of("K-2", ("TEE-M", 1, 2000)))
    engine.run(RecordRenewal(contract="box", renewal=2, placed=other))
    assert "renewal 2 is the order" in str(faults_of(verify(engine.database))["contracts"])
