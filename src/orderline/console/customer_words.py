"""What customers are told, where it is not a template that says it: each is a text to be translated."""

from collections.abc import Iterator, Mapping
from typing import Final

NOT_SURE: Final = "Say how many, and that you are sure."
NOT_SO_MANY: Final = "Say how many."
NO_NUMBER: Final = "Say it as a whole number."
NOWHERE: Final = "Choose where it is to go."
NO_REASON: Final = "Say why it goes back."
NO_ANSWER: Final = "Please choose one of the answers."
NO_DAY: Final = "Please say a day."
GONE: Final = "This link is not good any more."
# Why goods go back, as far as a customer can know.
REASONS: Final[Mapping[str, str]] = {
    "too_small": "Too small",
    "too_large": "Too large",
    "style": "I do not like it",
    "defective": "It does not work",
    "damaged": "It came damaged",
    "not_as_described": "Not as described",
    "wrong_item": "Something else was sent",
    "late": "It came too late",
    "changed_mind": "I changed my mind",
    "other": "Another reason",
}
# Where a parcel is.
PARCELS: Final[Mapping[str, str]] = {
    "packed": "Being packed",
    "labeled": "Being packed",
    "handed_over": "On its way",
    "in_transit": "On its way",
    "out_for_delivery": "Out for delivery",
    "exception": "The carrier is looking into it",
    "returning": "Coming back to us",
    "delivered": "Delivered",
    "lost": "Lost",
    "returned": "Came back to us",
    "voided": "Not sent",
}
# Where it was, where that reads otherwise than where it is.
SCANS: Final[Mapping[str, str]] = {"handed_over": "Given to the carrier"}
# Where goods are that go back.
CUSTODY: Final[Mapping[str, str]] = {
    "requested": "We are looking at it",
    "approved": "Please send it",
    "in_transit": "On its way to us",
    "received": "Has arrived",
    "graded": "Has arrived",
    "disposed": "Has arrived",
    "declined": "Not possible",
    "withdrawn": "Taken back",
    "expired": "The time is over",
    "sent_back": "Sent back to you",
    "quoted": "We ask you about the price",
    "repairing": "Being repaired",
    "repaired": "Repaired, and coming back to you",
    "unrepaired": "Coming back to you as it was",
    "unrepairable": "Can't be repaired; we will write to you",
}
# What a refusal means to a customer; what stands in no other word, in `OTHERWISE`.
REFUSED: Final[Mapping[str, str]] = {
    "ALREADY_SHIPPED": "This has been sent already.",
    "QUANTITY_NOT_AVAILABLE": "There are not so many left.",
    "ORDER_CLOSED": "This order is completed.",
    "DELIVERY_STARTED": "It is being sent already, so the address stays as it is.",
    "FULFILLMENT_STARTED": "It is being sent already, so the address stays as it is.",
    "ADDRESS_MISSING": "Please fill in the whole address.",
    "FIELD_MISSING": "Please fill in the whole address.",
    "FIELD_INVALID": "Something in the address can't be read.",
    "FIELD_TOO_LONG": "Something in the address is too long.",
    "POSTAL_CODE_INVALID": "This is no postal code of the country.",
    "POSTAL_CODE_NOT_IN_REGION": "The postal code is of another region.",
    "REGION_UNKNOWN": "The country has no such region.",
    "RETURN_NOT_SENT": "This has not been delivered yet.",
    "RETURN_QUANTITY": "There are not so many that can go back.",
    "RETURN_WINDOW_OVER": "The time to send it back is over.",
    "RETURN_FINAL_SALE": "This can't be sent back.",
    "RETURN_NOT_POSSIBLE": "This can't be sent back.",
    "RETURN_EXCHANGE": "This can't be had instead any more.",
    "DECISION_OVER": "This has been decided already.",
    "DECISION_STATE": "This has been decided already.",
    "ANSWER_INCOMPLETE": "Something is missing for this answer.",
    "OPTION_UNKNOWN": "Please choose one of the answers.",
    "DRAFT_EXPIRED": "The time to accept this is over.",
    "DRAFT_STATE": "This has been answered already.",
    "STOCK_NOT_AVAILABLE": "There are not so many left.",
    "RATE_EXCEEDED": "That was too often. Please wait a minute.",
}
OTHERWISE: Final = "This can't be done now. Please write to us."
# Answers to questions that always read the same.
ANSWERS: Final = (
    "Be offered something else instead",
    "Wait until it can be had again",
    "Wait, though nobody knows how long",
    "Have what is there at once, and the rest later",
    "Change it like this",
    "Leave it as it is",
    "Have it sent to you",
    "Cancel it, and have the money back",
    "Send it to the address as we would write it",
    "The address is right as it is",
    "Send it to another address",
    "Wait: somebody will ask you about it",
)


def texts(statuses: Mapping[str, str]) -> Iterator[str]:
    """All of them, and those of the statuses that orders have."""
    yield from (NOT_SURE, NOT_SO_MANY, NO_NUMBER, NOWHERE, NO_REASON, NO_ANSWER, NO_DAY, GONE, OTHERWISE, *ANSWERS)
    for table in (REASONS, PARCELS, SCANS, CUSTODY, REFUSED, statuses):
        yield from table.values()
