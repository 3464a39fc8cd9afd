"""Every refusal as HTTP says it: status, title, and what the caller can do. One row per code, none without.

422: what was sent cannot be right, whatever the state. 409: the present state does not allow it. 404: the thing that
the request is about does not exist, or not for this key.
"""

from typing import Final, NamedTuple


class Row(NamedTuple):
    """How a code is told. `title` names what is wrong without its facts; `advice` says what to do about it."""

    status: int
    title: str
    advice: str = ""


_LOOK = "Read the order to see where it stands"
_CODES = "Use a code of the list that this API gives"

PROBLEMS: Final[dict[str, Row]] = {
    # the request itself
    "ROUTE_UNKNOWN": Row(404, "There is nothing at this path", "GET /v1/openapi.json lists what there is"),
    "METHOD_NOT_ALLOWED": Row(405, "This path does not take this method", "The header Allow names those it takes"),
    "HEADERS_TOO_LARGE": Row(431, "The headers are too many or too long", "Send fewer"),
    "TARGET_TOO_LONG": Row(414, "The path with its query is too long", "Ask for less at once"),
    "KEY_MISSING": Row(401, "No API key was sent", "Send it as `Authorization: Bearer ol_...`"),
    "KEY_INVALID": Row(401, "The API key is not known, or was revoked", "Ask an administrator for a key"),
    "RATE_EXCEEDED": Row(429, "Too many requests", "Wait as long as Retry-After says"),
    "RIGHT_MISSING": Row(403, "The API key does not have the right for this", "Ask for a key with the right named"),
    "NOT_ACCEPTABLE": Row(406, "The answer is not to be had in a media type of the header Accept", "Accept JSON"),
    "IDEMPOTENCY_KEY_MALFORMED": Row(422, "The Idempotency-Key can't be used", "Send a UUID, for example"),
    "MEDIA_TYPE_NOT_SUPPORTED": Row(415, "The body has a media type that is not taken here"),
    "BODY_TOO_LARGE": Row(413, "The body is too large", "Send it in parts"),
    "JSON_MALFORMED": Row(422, "The body is not JSON", "Mend the text at the position named"),
    "INPUT_INVALID": Row(422, "A value does not have the form it must have"),
    "CHANNEL_NOT_YOURS": Row(403, "The API key is for other channels", "Use a key that names this channel"),
    "LOCATION_NOT_YOURS": Row(403, "The API key is for other locations", "Use a key that names this location"),
    "ITEMS_TOO_MANY": Row(422, "Too many items at once", "Send them in several requests"),
    "SCOPE_UNKNOWN": Row(422, "There is no such right", "Name rights of the list"),
    "KEY_UNKNOWN": Row(404, "There is no such API key"),
    "SUBSCRIPTION_UNKNOWN": Row(404, "There is no such subscription"),
    "URL_NOT_ACCEPTABLE": Row(422, "Webhooks can't be sent to this address", "Give an http or https URL with a host"),
    "ROW_MALFORMED": Row(422, "A row can't be read"),
    "PARTNER_UNKNOWN": Row(404, "There is no such partner"),
    "OVERLOADED": Row(503, "More is waiting than can be done soon", "Try again with the same Idempotency-Key"),
    "SYSTEM_UNAVAILABLE": Row(503, "A system this needs does not answer", "Try again with the same Idempotency-Key"),
    "INTERNAL_FAULT": Row(500, "Something went wrong here, and has been recorded", "Report the instance named"),
    # counts
    "COUNT_UNKNOWN": Row(404, "There is no such count"),
    "COUNT_EXISTS": Row(409, "There is a count of this name", "Give the count another name"),
    "COUNT_STATE": Row(409, "The count is not in a state for this", "Read the count to see where it stands"),
    "COUNT_LINES": Row(422, "The lines are not lines of this count", "Name SKUs of the count, each once"),
    "COUNT_CONTRADICTED": Row(409, "More has left the shelf since than was counted there", "Count it again"),
    # supply and transfers
    "PURCHASE_UNKNOWN": Row(404, "There is no such purchase order"),
    "PURCHASE_EXISTS": Row(409, "There is a purchase order of this name", "Give it another name"),
    "PURCHASE_STATE": Row(409, "The purchase order is not in a state for this", "Read it to see where it stands"),
    "PURCHASE_LINES": Row(422, "The lines do not fit the purchase order", "Name its lines, each once, within bounds"),
    "RECEIPT_REUSED": Row(409, "Another receipt or notice has this id", "Give it an id of its own"),
    "NOTICE_UNKNOWN": Row(422, "No shipment was announced by that name"),
    "TRANSFER_UNKNOWN": Row(404, "There is no such transfer"),
    "TRANSFER_EXISTS": Row(409, "There is a transfer of this name", "Give it another name"),
    "TRANSFER_STATE": Row(409, "The transfer is not in a state for this", "Read it to see where it stands"),
    "TRANSFER_LINES": Row(422, "The lines do not fit the transfer", "Name its lines, each once, within bounds"),
    "TRANSFER_NOT_COVERED": Row(
        409, "The source has fewer units that nobody was promised", "Ask for fewer, or free some first"
    ),
    # engine and inbound
    "IDEMPOTENCY_KEY_REUSED": Row(409, "The Idempotency-Key was used for another input", "Take a new key"),
    "JOB_ALREADY_DONE": Row(409, "The job has been done"),
    "FACT_ALREADY_TAKEN_IN": Row(409, "The event has been taken in"),
    "KEY_NOT_ACCEPTABLE": Row(422, "The key of the command can't be used"),
    "SIGNATURE_MISSING": Row(401, "The call is not signed", "Send webhook-id, webhook-timestamp, webhook-signature"),
    "SIGNATURE_INVALID": Row(401, "The signature does not fit the call", "Sign the body as it is sent, and at once"),
    "BODY_MALFORMED": Row(422, "The body is not what this partner sends"),
    "CONNECTOR_UNKNOWN": Row(422, "There is no such connector", _CODES),
    "CONNECTOR_DOUBLE": Row(409, "Two connectors have the same name", "Uninstall one of them"),
    "CONNECTOR_NOT_LOADABLE": Row(409, "The connector can't be loaded", "See the log of the server"),
    "CONNECTOR_NOT_CONFIGURED": Row(409, "The connector has no address", "Set it in the settings"),
    # orders that exist, or not
    "ORDER_UNKNOWN": Row(404, "There is no such order"),
    "VERSION_STALE": Row(409, "The order has changed since you saw it", "Look at it again and decide anew"),
    "ORDER_CLOSED": Row(409, "The order is closed"),
    "BLOCKED_BY_HOLD": Row(409, "A hold blocks this", "Its owner can lift it"),
    # intake
    "EXTERNAL_ID_TAKEN": Row(409, "An order with other content has this external id", "Send the order as it was"),
    "CHANNEL_UNKNOWN": Row(422, "There is no such channel", _CODES),
    "CHANNEL_NOT_ACTIVE": Row(409, "The channel takes no orders now"),
    "CURRENCY_NOT_SOLD": Row(422, "The channel does not sell in this currency"),
    "TEXT_NOT_ACCEPTABLE": Row(422, "A text is too long or has characters that can't be kept"),
    "FIELD_REQUIRED": Row(422, "A text that is needed is empty"),
    "LINES_MISSING": Row(422, "There is not a single line"),
    "TOO_MANY_LINES": Row(422, "There are too many lines"),
    "AMOUNT_NEGATIVE": Row(422, "An amount is below zero"),
    "AMOUNT_OUT_OF_RANGE": Row(422, "A number is out of the range it must be in"),
    "GROUP_UNKNOWN": Row(422, "A line goes to a group that is not there", "Add the group, or change the line's"),
    "GROUP_DUPLICATE": Row(422, "Two groups have the same number"),
    "ADDRESS_MISSING": Row(422, "A group to be shipped has no address"),
    "PICKUP_LOCATION_UNKNOWN": Row(422, "Nothing can be picked up at this location", _CODES),
    "SKU_UNKNOWN": Row(422, "There is no such SKU", "PUT /v1/skus makes it"),
    "SKU_NOT_ACTIVE": Row(409, "The SKU is not sold now"),
    "LINE_KIND_NOT_POSSIBLE": Row(422, "A SKU of its kind can't be fulfilled in this way"),
    "TOTALS_DO_NOT_ADD_UP": Row(422, "The amounts do not add up", "total = price x quantity - discount + added tax"),
    "TENDERS_EXCEED_TOTAL": Row(422, "The tenders are more than the total"),
    "CART_OF_OTHER_CHANNEL": Row(409, "The cart belongs to another channel"),
    "STOCK_NOT_AVAILABLE": Row(409, "Fewer units can be promised than asked for", "Ask for at most those available"),
    "BACKORDER_CAP_REACHED": Row(409, "No more units of this SKU are taken on backorder"),
    # holds
    "HOLD_UNKNOWN": Row(404, "The order has no such open hold"),
    "HOLD_TYPE_UNKNOWN": Row(422, "There is no such type of hold"),
    "COMMAND_NOT_BLOCKABLE": Row(422, "A hold can't block this"),
    # work
    "LINE_UNKNOWN": Row(422, "The order has no such line with units"),
    "LINE_REPEATED": Row(422, "A line is named twice", "Name it once, with the sum"),
    "FULFILLMENT_UNKNOWN": Row(404, "The order has no such fulfillment order"),
    "FULFILLMENT_NOT_OPEN": Row(409, "The fulfillment order is not open", _LOOK),
    "FULFILLMENT_STARTED": Row(409, "Work on the fulfillment order has begun", "Ask its location"),
    "NOTHING_TO_DO": Row(409, "There is nothing to do", _LOOK),
    "LOCATION_UNKNOWN": Row(422, "There is no such location", _CODES),
    "LOCATION_NOT_IN_POOL": Row(422, "The location belongs to another pool"),
    "NOT_PAID": Row(409, "The order is not paid"),
    "ROUTE_LOST_RACE": Row(409, "The stock was taken meanwhile", "It is routed again"),
    "NOT_PICKED_UP_HERE": Row(409, "The customer does not pick this up"),
    "PARCEL_UNKNOWN": Row(404, "The order has no such parcel"),
    "PARCEL_NOT_LABELABLE": Row(409, "The parcel can't be labeled now", _LOOK),
    "PARCEL_NOT_PACKED": Row(409, "The parcel is not packed, or gone already", _LOOK),
    "PARCEL_NOT_SHIPPED": Row(409, "The parcel has not been handed over"),
    "PARCEL_ALREADY_THERE": Row(409, "The parcel has arrived"),
    "QUANTITY_NOT_AVAILABLE": Row(409, "Fewer units are there than asked for", "Ask for at most those available"),
    "REASON_REQUIRED": Row(422, "A reason is needed"),
    "ALREADY_SHIPPED": Row(409, "The units have left", "They have to be returned"),
    "MOVE_NOT_POSSIBLE": Row(409, "Units do not move that way", _LOOK),
    "WINDOW_NOT_ACCEPTABLE": Row(422, "A promised window ends before it begins"),
    # money
    "TENDER_UNKNOWN": Row(422, "The order has no such tender"),
    "PAYMENT_UNDER_WAY": Row(409, "The provider has not answered yet", "Wait for the answer to what was asked before"),
    "PAYMENT_REQUEST_UNKNOWN": Row(409, "No such request was made to the provider"),
    "PAYMENT_AMOUNT_MISMATCH": Row(409, "The provider speaks of another amount"),
    "CURRENCY_UNKNOWN": Row(422, "There is no such currency", "Use an ISO 4217 code, such as EUR"),
    "CURRENCY_MISMATCH": Row(422, "Two currencies meet where there can be one"),
    "AMOUNT_MALFORMED": Row(422, "An amount can't be read"),
    "AMOUNT_TOO_PRECISE": Row(422, "An amount has more decimals than its currency"),
    "WEIGHTS_NOT_USABLE": Row(422, "The shares can't be used"),
    # links, closing
    "LINK_TO_ITSELF": Row(422, "An order can't be linked to itself"),
    "ORDER_NOT_DONE": Row(409, "The order has open units, payments or holds", _LOOK),
    # values
    "TIME_NOT_AWARE": Row(422, "A time has no offset", "Write it as 2026-01-31T12:00:00Z"),
    "TIME_OUT_OF_RANGE": Row(422, "A time lies before 1990 or after 2199"),
    "QUANTITY_NOT_POSITIVE": Row(422, "A quantity is not above zero"),
    "QUANTITY_TOO_LARGE": Row(422, "A quantity is too large"),
    "QUANTITY_NEGATIVE": Row(422, "A quantity is out of the range it must be in"),
    "FIELD_INVALID": Row(422, "A text has characters that no label can carry"),
    "FIELD_TOO_LONG": Row(422, "A part of the address is too long"),
    "FIELD_MISSING": Row(422, "A part of the address is missing"),
    "COUNTRY_UNKNOWN": Row(422, "There is no such country", "Use an ISO 3166-1 code, such as DE"),
    "REGION_UNKNOWN": Row(422, "The country has no such region"),
    "POSTAL_CODE_INVALID": Row(422, "The country has no postal codes of this form"),
    "POSTAL_CODE_NOT_IN_REGION": Row(422, "The postal code lies in another region"),
    # stock and settings
    "POOL_UNKNOWN": Row(422, "There is no such pool", "PUT /v1/pools/{code} makes it"),
    "CODE_NOT_ACCEPTABLE": Row(422, "A code has characters that codes do not have"),
    "TIME_ZONE_UNKNOWN": Row(422, "There is no such time zone", "Use a name such as Europe/Paris"),
    "LOCATION_CHANGES_POOL": Row(409, "A location stays in its pool"),
    "SKU_CHANGES_KIND": Row(409, "A SKU keeps its kind", "Make another SKU for the other kind"),
    "BUNDLE_WITHOUT_COMPONENTS": Row(422, "A bundle has components, and nothing else has"),
    "BUNDLE_OF_BUNDLES": Row(422, "A bundle can't be part of a bundle"),
    "REASON_UNKNOWN": Row(422, "There is no such reason of adjustments"),
    "SKU_NOT_STOCKED": Row(422, "No stock is kept of this SKU"),
    "FEED_SEQUENCE_OLD": Row(409, "A later feed of this name has been applied", "Send the latest, with its sequence"),
    "TTL_OUT_OF_RANGE": Row(422, "A cart can't be held for so long, or so short, a time"),
    "CART_UNKNOWN": Row(404, "There is no such cart hold"),
    "CART_NOT_EXPIRED": Row(409, "The cart hold has time left"),
    # files of orders
    "FILE_UNREADABLE": Row(422, "The file can't be read"),
    "FILE_EMPTY": Row(422, "The file holds nothing"),
    "LAYOUT_UNKNOWN": Row(422, "There is no such layout"),
    "LAYOUT_NOT_RECOGNIZED": Row(422, "The file has none of the layouts that are known", "Name one, or map columns"),
    "COLUMN_MISSING": Row(422, "The file lacks a column"),
    "MAPPING_NOT_VALID": Row(422, "The mapping of columns can't be used"),
    "CURRENCY_REQUIRED": Row(422, "The file does not say its currency", "Name it"),
    "FIX_FILE_CHANGED": Row(409, "The file of rows to be mended was changed meanwhile"),
    "IMPORT_TAKEN_OVER": Row(409, "Another process goes on with this import"),
    "OTHER_ROW": Row(422, "Another row of the order is refused", "Mend that one"),
    "PARTLY_FULFILLED": Row(422, "A part of the order was shipped elsewhere", "Take it over as history"),
    "NOT_RUN": Row(500, "The row met a fault of ours, and nothing of it was taken", "See the log of the server"),
}
