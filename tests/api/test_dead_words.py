"""Dead letters in plain words: whatever a job has failed of, a person is told what to do."""

import pytest

from orderline.api.reading.dead_words import advise, what_of
from orderline.core.job_words import JOBS
from orderline.core.jobs import JobKind
from orderline.engine.submissions import EngineRefusal
from orderline.values.failures import Refused, Trouble
from orderline.worker.ladder import told_error
from orderline.worker.partners import PartnerRefusal

CASES = [
    # kind       error                                                                      why                    advice
    ("pay", Refused(PartnerRefusal.CONNECTOR_NOT_CONFIGURED, value="stripe_payments"), "no address here", "Set the partner up"),
    ("pay", "CONNECTOR_UNKNOWN: value='strip', allowed=['stripe_payments']", "not installed", "add a tender"),
    ("label", Trouble("ups", "not reached: connection refused"), "The carrier did not answer", "list of partners"),
    ("pay", Trouble("stripe_payments", "answered 401"), "does not take our key", "Renew the key"),
    ("pay", Trouble("stripe_payments", "answered 503"), "The payment provider did not answer", "does it once"),
    ("channel", "shop does not take it: ORDER_CLOSED", "turned it down", "mend it here or there"),
    ("channel", "shop can't be told; tell it by hand, of order A-1", "can't be told this", "by hand"),
    ("route", Refused(EngineRefusal.KEY_NOT_ACCEPTABLE, value="x"), "It was refused", "See where the order stands"),
    ("pick", "ORDER_CLOSED", "It was refused: the order is closed", "See where the order stands"),
    ("close", KeyError("left"), "wrong in Orderline itself", "Tell whoever runs it"),
    ("of tomorrow", "something that nobody has foreseen", "in the error", "See where the order stands"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "error", "why", "advice"), CASES)
def test_a_person_is_told_why_and_what_to_do(kind: str, error: str | Exception, why: str, advice: str) -> None:
    told = advise(kind, error if isinstance(error, str) else told_error(error))
    assert why in told.why, told
    assert advice in told.advice, told


def test_every_kind_of_job_has_words() -> None:
    assert set(JOBS) == set(JobKind)
    assert what_of("pay").startswith("Authorize, capture")
    assert what_of("of tomorrow") == "Of tomorrow"
