"""Interchanges as they were read: groups of messages, and all that is wrong with them."""

import msgspec

from orderline.core.edi.faults import Fault, rejects
from orderline.core.edi.segments import Delimiters, Segment, Syntax


class PartyId(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How an interchange names who sends or receives it; qualifier: of which list the id is."""

    id: str
    qualifier: str = ""


class Message(msgspec.Struct, kw_only=True):
    """A transaction set of X12, a message of EDIFACT: one document. kind: such as 850 or ORDERS. segments: without header and trailer.

    at: the place of its header in the file. about: what the header says of it, which an acknowledgement repeats.
    """

    kind: str
    reference: str
    at: int
    about: tuple[str, ...] = ()
    segments: list[Segment] = msgspec.field(default_factory=list[Segment])
    faults: list[Fault] = msgspec.field(default_factory=list[Fault])

    @property
    def accepted(self) -> bool:
        """Is nothing wrong with it that keeps it from being taken?"""
        return not any(map(rejects, self.faults))


class Group(msgspec.Struct, kw_only=True):
    """Messages of one kind. reference: ""  where messages stand in the interchange without a group. stated: how many it says it has."""

    code: str
    reference: str
    at: int
    header: Segment | None = None
    stated: str = ""
    messages: list[Message] = msgspec.field(default_factory=list[Message])
    faults: list[Fault] = msgspec.field(default_factory=list[Fault])


class Interchange(msgspec.Struct, kw_only=True):
    """What one partner sent another in one go. reference: its control number. acknowledge: an acknowledgement is asked for."""

    syntax: Syntax
    delimiters: Delimiters
    header: Segment
    sender: PartyId
    receiver: PartyId
    reference: str
    is_test: bool = False
    acknowledge: bool = False
    groups: list[Group] = msgspec.field(default_factory=list[Group])
    faults: list[Fault] = msgspec.field(default_factory=list[Fault])

    @property
    def messages(self) -> list[Message]:
        """The messages of all groups."""
        return [message for group in self.groups for message in group.messages]

    @property
    def accepted(self) -> bool:
        """May its messages be taken, those with which nothing is wrong?"""
        return not any(map(rejects, self.faults))

    @property
    def all_faults(self) -> list[Fault]:
        """Its own, and those of all that is in it, by place."""
        found = [*self.faults, *(fault for group in self.groups for fault in group.faults)]
        found += [fault for message in self.messages for fault in message.faults]
        return sorted(found, key=lambda fault: (fault.at, fault.element))


class EdiFile(msgspec.Struct, kw_only=True):
    """What was read. segments: how many there are, headers and trailers included."""

    interchanges: list[Interchange]
    faults: list[Fault]
    segments: int

    @property
    def all_faults(self) -> list[Fault]:
        """Everything that is wrong in it."""
        return [*self.faults, *(fault for each in self.interchanges for fault in each.all_faults)]
