"""Partners' own words in what they tell: put into ours by what people have said, or found to have no meaning yet. No I/O."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from orderline.contracts.carriers import TrackingCode, TrackingFact
from orderline.contracts.channels import ChannelLine, ChannelOrderPlaced
from orderline.core.mappings.commands import SeeValue
from orderline.core.mappings.state import Mapping as Meaning
from orderline.core.mappings.state import MappingKind, MappingState, id_of

UNMAPPED: Final = "UNMAPPED"
Known = Mapping[str, Meaning]


class Word(NamedTuple):
    """A word of a partner. sample: what it came with."""

    partner: str
    kind: MappingKind
    value: str
    sample: str

    @property
    def id(self) -> str:
        """The name of its mapping."""
        return id_of(self.partner, self.kind, self.value)

    def seen(self, channel: str) -> SeeValue:
        """That it has no meaning yet."""
        return SeeValue(
            mapping=self.id, partner=self.partner, kind=self.kind, value=self.value, sample=self.sample, channel=channel
        )


def words_of(partner: str, fact: Any) -> list[Word]:
    """The words that a fact holds; of most facts, none."""
    if isinstance(fact, TrackingFact):
        if fact.normalized is not None:
            return []
        return [Word(partner, MappingKind.TRACKING_STATUS, fact.code, fact.tracking_number)]
    if not isinstance(fact, ChannelOrderPlaced):
        return []
    order = fact.order
    told = [(MappingKind.SHIPPING_METHOD, order.shipping_method), (MappingKind.PAYMENT_METHOD, order.payment_method)]
    found = [Word(partner, kind, value, order.external_id) for kind, value in told if value]
    return found + [Word(partner, MappingKind.SKU, sku, order.external_id) for sku in _skus(fact)]


def in_our_words(partner: str, fact: Any, known: Known) -> tuple[Any, list[Word], str]:
    """A fact in our words; the words that wait for a meaning, and why the fact can have no effect.

    A SKU is taken as it is until it turns out that there is none: most channels call goods as we do.
    """
    waiting: list[Word] = []
    for word in words_of(partner, fact):
        meaning = known.get(word.id)
        state = meaning.state if meaning is not None else MappingState.UNMAPPED
        target = meaning.target if meaning is not None else ""
        if state is MappingState.UNMAPPED:
            if word.kind is not MappingKind.SKU:
                waiting.append(word)
        elif state is MappingState.IGNORED and word.kind in (MappingKind.SKU, MappingKind.TRACKING_STATUS):
            return fact, [], f"{word.kind.value.replace('_', ' ')} {word.value!r} is ignored here"
        else:
            fact = _put(fact, word, target)
    return fact, waiting, ""


def lacking(partner: str, fact: ChannelOrderPlaced, known: Known, skus: Collection[str]) -> list[Word]:
    """The goods of an order that nobody here knows. skus: those of them, in our words, that there are."""
    found = [word for word in words_of(partner, fact) if word.kind is MappingKind.SKU]
    return [
        word
        for word in found
        if (known[word.id].target if word.id in known else "") not in skus and word.value not in skus
    ]


def is_found(partner: str, fact: Any, known: Known) -> Sequence[Word]:
    """Goods that have waited for a meaning, and that there are by now under the channel's own word."""
    return [
        word
        for word in words_of(partner, fact)
        if word.kind is MappingKind.SKU and word.id in known and known[word.id].state is MappingState.UNMAPPED
    ]


def _put(fact: Any, word: Word, target: str) -> Any:
    match word.kind:
        case MappingKind.TRACKING_STATUS:
            return replace(fact, normalized=TrackingCode(target))
        case MappingKind.SHIPPING_METHOD:
            return replace(fact, order=replace(fact.order, shipping_method=target))
        case MappingKind.PAYMENT_METHOD:
            return replace(fact, order=replace(fact.order, payment_method=target))
        case MappingKind.SKU:
            return replace(
                fact, order=replace(fact.order, lines=tuple(_named(each, word, target) for each in fact.order.lines))
            )


def _named(line: ChannelLine, word: Word, target: str) -> ChannelLine:
    return replace(line, sku=target) if line.sku == word.value else line


def _skus(fact: ChannelOrderPlaced) -> list[str]:
    return list(dict.fromkeys(line.sku for line in fact.order.lines))
