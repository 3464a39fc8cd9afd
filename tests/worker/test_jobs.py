"""Jobs: claimed in order, leased, tried again, given up, brought back."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from orderline.contracts.payments import Authorize
from orderline.core.next_steps import JobBody, JobKind
from orderline.sandbox.server import SandboxThread
from orderline.sandbox.settings import Partner
from orderline.store.database import Database
from orderline.store.jobs import Job, Jobs, Verdict, add_jobs, dead_letters, drop_dead, requeue_dead
from orderline.values.failures import Trouble
from orderline.values.ids import new_id
from orderline.worker import payments
from orderline.worker.desk import Desk
from orderline.worker.ladder import after_failure, ending_of, given_up
from orderline.worker.services import LADDER_S
from orderline.worker.work import Work
from worker.site import Site, opened_site, until

NOW = datetime.now(UTC)


@pytest.fixture
def database(fresh_database: str) -> Iterator[Database]:
    made = Database(fresh_database, by_index=True)
    yield made
    made.close()


def kinds(jobs: list[Job]) -> list[str]:
    return [job.kind.value for job in jobs]


def write(database: Database, *jobs: tuple[str, JobKind, JobBody]) -> None:
    for job in jobs:
        add_jobs(database, [job], NOW)


def test_jobs_of_one_order_and_kind_go_one_after_the_other(database: Database) -> None:
    order = str(new_id())
    write(database, *[(order, JobKind.NOTICE, JobBody(template=str(n))) for n in range(3)])
    jobs = Jobs(database, "ann")
    seen: list[str] = []
    while claimed := jobs.claim(NOW, 10):
        assert len(claimed) == 1
        seen.append(claimed[0].body.template)
        assert jobs.claim(NOW, 10) == []
        jobs.finish([claimed[0].id])
    assert seen == ["0", "1", "2"]


def test_jobs_of_different_kinds_and_orders_do_not_wait_for_one_another(database: Database) -> None:
    order = str(new_id())
    write(
        database, (order, JobKind.NOTICE, JobBody()), (order, JobKind.PAY, JobBody()), (order, JobKind.ROUTE, JobBody())
    )
    write(database, (str(new_id()), JobKind.NOTICE, JobBody()))
    assert len(Jobs(database, "ann").claim(NOW, 10)) == 4


def test_a_request_to_cancel_waits_for_the_request_it_is_about_and_for_no_other(database: Database) -> None:
    order = str(new_id())
    write(
        database,
        (order, JobKind.SUBMIT, JobBody(fulfillment=1)),
        (order, JobKind.SUBMIT, JobBody(fulfillment=2)),
        (order, JobKind.REQUEST_CANCEL, JobBody(fulfillment=1)),
    )
    jobs = Jobs(database, "ann")
    first = jobs.claim(NOW, 10)
    assert kinds(first) == ["submit", "submit"]
    # The first meets trouble: what is about the same work goes on waiting, even now that it is not due.
    jobs.retry([Verdict(first[0].id, NOW + timedelta(hours=1), 1, "down")])
    jobs.finish([first[1].id])
    assert jobs.claim(NOW, 10) == []
    [again] = jobs.claim(NOW + timedelta(hours=2), 10)
    jobs.finish([again.id])
    assert kinds(jobs.claim(NOW, 10)) == ["request_cancel"]


def test_a_route_that_waits_for_stock_does_not_stop_a_new_one(database: Database) -> None:
    order = str(new_id())
    write(database, (order, JobKind.ROUTE, JobBody()))
    jobs = Jobs(database, "ann")
    [job] = jobs.claim(NOW, 10)
    jobs.retry([Verdict(job.id, NOW + timedelta(minutes=15), 0, "NO_STOCK_AT_ANY_LOCATION")])
    write(database, (order, JobKind.ROUTE, JobBody()))
    assert len(jobs.claim(NOW, 10)) == 1


def test_a_job_has_one_holder_until_its_lease_is_over(database: Database) -> None:
    write(database, (str(new_id()), JobKind.NOTICE, JobBody()))
    ann, bob = Jobs(database, "ann"), Jobs(database, "bob")
    [job] = ann.claim(NOW, 10)
    assert bob.claim(NOW + timedelta(seconds=29), 10) == []
    ann.extend([job.id], NOW + timedelta(seconds=20))
    assert bob.claim(NOW + timedelta(seconds=45), 10) == []
    [taken] = bob.claim(NOW + timedelta(seconds=51), 10)
    assert (taken.id, taken.attempts) == (job.id, 2)
    # Who has lost the lease neither extends it nor writes a verdict.
    ann.extend([job.id], NOW + timedelta(hours=1))
    ann.retry([Verdict(job.id, NOW, 1, "too late")])
    assert ann.claim(NOW + timedelta(seconds=60), 10) == []


def test_whatever_a_partner_answered_can_be_kept(database: Database) -> None:
    write(database, (str(new_id()), JobKind.NOTICE, JobBody()))
    jobs = Jobs(database, "ann")
    [job] = jobs.claim(NOW, 10)
    jobs.retry([given_up(job, "answered 500: \x00\x01", NOW)])
    [letter] = dead_letters(database)
    assert letter.error == "answered 500: \N{REPLACEMENT CHARACTER}\x01"


def test_jobs_given_back_have_lost_no_attempt(database: Database) -> None:
    write(database, (str(new_id()), JobKind.NOTICE, JobBody()))
    jobs = Jobs(database, "ann")
    [job] = jobs.claim(NOW, 10)
    jobs.release([job.id])
    [again] = Jobs(database, "bob").claim(NOW, 10)
    assert again.attempts == 1


def test_a_backlog_is_claimed_whole_and_each_job_once(database: Database) -> None:
    kinds = (JobKind.NOTICE, JobKind.PAY)
    add_jobs(database, [(str(new_id()), kind, JobBody()) for _ in range(500) for kind in kinds], NOW)
    jobs = Jobs(database, "ann")
    claimed: list[UUID] = []
    while some := jobs.claim(NOW, 150):
        assert len(some) <= 150
        claimed += [each.id for each in some]
    assert len(claimed) == len(set(claimed)) == 1_000


def test_the_ladder_is_climbed_and_a_partner_s_word_is_obeyed() -> None:
    job = Job(new_id(), "x", JobKind.PAY, JobBody(), 1, NOW)
    verdict = after_failure(job, Trouble("bank"), LADDER_S, NOW)
    assert timedelta(seconds=4) <= verdict.due_at - NOW <= timedelta(seconds=6)
    told = after_failure(job, Trouble("bank", retry_after_s=600), LADDER_S, NOW)
    assert told.due_at - NOW == timedelta(seconds=600)
    last = Job(new_id(), "x", JobKind.PAY, JobBody(), len(LADDER_S) + 1, NOW)
    assert after_failure(last, ValueError("no"), LADDER_S, NOW).dead


@pytest.mark.parametrize(
    ("code", "ending"),
    [
        ("JOB_ALREADY_DONE", "done"),
        ("PAYMENT_REQUEST_UNKNOWN", "done"),
        ("FULFILLMENT_NOT_OPEN", "done"),
        ("ROUTE_LOST_RACE", "wait"),
        ("ORDER_NOT_DONE", "wait"),
        ("TENDER_UNKNOWN", "dead"),
        ("SOMETHING_NEW", "dead"),
    ],
)
def test_a_refusal_ends_a_job_as_the_table_says(code: str, ending: str) -> None:
    assert ending_of(code) == ending


def test_a_partner_that_stays_down_leads_to_a_dead_letter_that_can_be_brought_back(
    fresh_database: str, sandbox_thread: SandboxThread
) -> None:
    with opened_site(fresh_database, sandbox_thread, ladder_s=(0.01, 0.01)) as site:
        site.stock(TEE_lyon=1)
        site.misbehave(Partner.WAREHOUSE, fail_probability=1)
        site.start()
        order_id = site.place(("TEE", 1))
        until(lambda: dead_letters(site.database, kind="submit"), "the job to be given up")
        [letter] = dead_letters(site.database)
        assert letter.attempts == 3
        assert "sandbox_warehouses" in letter.error
        assert UUID(letter.stream) == order_id
        site.misbehave(Partner.WAREHOUSE)
        assert requeue_dead(site.database, [letter.id], datetime.now(UTC)) == [letter.id]
        site.until_units(order_id, "delivered", 1)
        assert dead_letters(site.database) == []


def test_a_dead_letter_can_be_dropped(database: Database) -> None:
    write(database, (str(new_id()), JobKind.NOTICE, JobBody()))
    jobs = Jobs(database, "ann")
    [job] = jobs.claim(NOW, 10)
    jobs.retry([Verdict(job.id, NOW, 7, "no such address", dead=True)])
    assert requeue_dead(database, [new_id()], NOW) == []
    assert drop_dead(database, [job.id]) == [job.id]
    assert dead_letters(database) == []


def test_a_tender_of_an_unknown_provider_is_given_up_at_once_with_the_code(site: Site) -> None:
    connectors: Any = site.services.connectors
    connectors.pop("sandbox_payments")
    site.place(("TEE", 1))
    [letter] = until(lambda: dead_letters(site.database, kind="pay"), "the dead letter")
    assert letter.error.startswith("CONNECTOR_NOT_CONFIGURED")
    assert letter.attempts == 1


def test_a_poison_job_fails_alone(
    fresh_database: str, sandbox_thread: SandboxThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened_site(fresh_database, sandbox_thread, ladder_s=()) as site:
        ids = [site.place(("TEE", 1)) for _ in range(5)]
        poison = site.order(ids[2]).number
        real = Authorize

        def authorize(**about: Any) -> Any:
            if about["order_number"] == poison:
                raise ValueError("this one can't be asked for")
            return real(**about)

        monkeypatch.setattr(payments, "Authorize", authorize)
        site.start()
        [letter] = until(lambda: dead_letters(site.database), "the poison to be given up")
        assert UUID(letter.stream) == ids[2]
        assert letter.error == "ValueError: this one can't be asked for"
        for id_ in ids:
            if id_ != ids[2]:
                until(lambda id_=id_: site.order(id_).tenders[0].authorized_minor, "the others to be authorized")


def test_a_kind_that_only_a_newer_release_knows_is_left_to_it(database: Database) -> None:
    write(database, (str(new_id()), JobKind.NOTICE, JobBody()), (str(new_id()), JobKind.NOTICE, JobBody()))
    [first, second] = database.rows("SELECT id FROM outbox WHERE cell = %(cell)s ORDER BY id")
    database.rows(
        "UPDATE outbox SET kind = 'of_tomorrow' WHERE cell = %(cell)s AND id = %(id)s RETURNING id", {"id": first[0]}
    )
    assert [job.id for job in Jobs(database, "ann").claim(NOW, 10)] == [second[0]]


def test_a_worker_outlives_whatever_keeps_it_from_claiming(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with site.database.connection() as connection:
        connection.execute("ALTER TABLE outbox RENAME TO outbox_elsewhere")
        connection.commit()
        until(lambda: "no jobs can be claimed" in caplog.text, "the worker to say so")
        connection.execute("ALTER TABLE outbox_elsewhere RENAME TO outbox")
        connection.commit()
    site.stock(TEE_lyon=1)
    site.until_units(site.place(("TEE", 1)), "delivered", 1)


def test_a_worker_that_stops_finishes_what_it_began_and_gives_the_rest_back(still_site: Site) -> None:
    release = threading.Event()
    begun: list[int] = []

    async def slow(_work: Work, jobs: Sequence[Job]) -> None:
        begun.append(len(jobs))
        await asyncio.to_thread(release.wait, 20)

    async def run() -> list[Job]:
        work = Work(still_site.services, "ann")
        desk = Desk(work, slow, most=1, at_once=2)
        desk.put([Job(new_id(), str(n), JobKind.NOTICE, JobBody(), 1, NOW) for n in range(5)])
        await asyncio.to_thread(until, lambda: len(begun) == 2, "two sets to begin")
        left = desk.close()
        release.set()
        await desk.settle()
        await work.close()
        return left

    assert len(asyncio.run(run())) == 3
    assert begun == [1, 1]
