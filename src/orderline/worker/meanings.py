"""What partners' own words mean, looked up for facts that hold some; those that mean nothing yet are noted, once for each fact."""

import hashlib
from collections.abc import Sequence
from typing import Final

from orderline.contracts.channels import ChannelOrderPlaced
from orderline.core.context import Actor
from orderline.core.mappings.commands import MapValue
from orderline.core.mappings.state import Mapping
from orderline.core.orders.refusals import OrderRefusal
from orderline.engine.submissions import Submission
from orderline.store.mappings import known_skus, load_mappings
from orderline.worker.channel_facts import channel_of
from orderline.worker.told import Told, Verdict, park_unmapped
from orderline.worker.words import UNMAPPED, is_found, lacking, words_of
from orderline.worker.work import Work

SKU_UNKNOWN: Final = OrderRefusal.SKU_UNKNOWN.value


async def meanings(work: Work, told: Sequence[Told]) -> dict[str, Mapping]:
    """What is known of the partners' own words in facts; nothing is asked when there are none."""
    ids = {word.id for each in told for word in words_of(each.partner, each.fact)}
    return await work.read(load_mappings, work.database, ids) if ids else {}


async def park_lacking(work: Work, told: Sequence[Told]) -> None:
    """Orders of goods that nobody knows wait until somebody says which they are, or makes them."""
    lost = [each for each in told if each.verdict is Verdict.REFUSED and each.reason.startswith(SKU_UNKNOWN)]
    lost = [each for each in lost if isinstance(each.fact, ChannelOrderPlaced)]
    if not lost:
        return
    known = await meanings(work, lost)
    codes = {word.value for each in lost for word in words_of(each.partner, each.fact)}
    codes |= {meaning.target for meaning in known.values()}
    skus = await work.read(known_skus, work.database, codes - {""})
    for each in lost:
        if waits := lacking(each.partner, each.fact, known, skus):
            park_unmapped(each, waits)


async def note_words(work: Work, told: Sequence[Told]) -> None:
    """Note words that something waits for, once for each fact; and goods that are found by now under the channel's word."""
    commands: list[Submission] = []
    waiting = [each for each in told if each.verdict is Verdict.PARKED and each.reason == UNMAPPED]
    channels = (await work.settings()) if waiting else None
    for each in waiting:
        channel = channel_of(channels, each.partner) if channels is not None else None
        # Tried again, a fact may have come to a word that it had not come to before; one is noted once of each.
        commands += [
            Submission(
                command=word.seen(channel.code if channel is not None else ""),
                key=_key(f"{each.partner} {each.fact.event_id} {word.id}"),
            )
            for word in each.waits
        ]
    taken = [each for each in told if each.verdict is Verdict.TAKEN and each.known]
    known = await meanings(work, taken)
    for each in taken:
        commands += [
            Submission(command=MapValue(mapping=word.id, target=word.value), actor=Actor(each.partner, "inbound"))
            for word in is_found(each.partner, each.fact, known)
        ]
    if commands:
        await work.engine.answer_all(commands)


def _key(name: str) -> str:
    """An idempotency key of one length."""
    return f"word-{hashlib.sha256(name.encode()).hexdigest()[:40]}"
