"""Returns by the clock: goods that were to be on their way by now."""

from typing import Final

from orderline.core.returns.commands import ExpireReturn
from orderline.engine.submissions import Submission
from orderline.store.reading.returns import load_expired_returns
from orderline.worker.work import Work

MOST: Final = 500


async def expire_returns(work: Work) -> int:
    """Say of returns whose time is over that nothing came; returns how many there were."""
    found = await work.read(load_expired_returns, work.database, work.services.clock(), MOST)
    commands = [ExpireReturn(order=order, number=number) for order, number in found]
    outcomes = await work.engine.answer_all([Submission(command=command) for command in commands])
    return sum(1 for outcome in outcomes if outcome.refused is None)
