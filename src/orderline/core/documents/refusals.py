"""Why a document is not issued; when several apply, the first wins."""

from enum import StrEnum


class DocumentRefusal(StrEnum):
    DOCUMENT_UNKNOWN = "DOCUMENT_UNKNOWN"
    DOCUMENT_ENTITY = "DOCUMENT_ENTITY"
    DOCUMENT_LACKS = "DOCUMENT_LACKS"
    NOTHING_TO_INVOICE = "NOTHING_TO_INVOICE"
    NOTHING_TO_CREDIT = "NOTHING_TO_CREDIT"
