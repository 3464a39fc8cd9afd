"""Views of the console's lists, kept under a name."""

from typing import Final

from orderline.api.calls import Operation, Right
from orderline.api.records import Records
from orderline.core.views.decide import KeepView, RemoveView
from orderline.core.views.refusals import ViewRefusal as R
from orderline.core.views.state import VIEWS, ViewState

_VIEWS: Final = Records(
    kind=VIEWS,
    one="view",
    many="views",
    capability="views",
    read=Right.ORDERS_READ,
    write=Right.ORDERS_WRITE,
    unknown=R.VIEW_UNKNOWN,
    states=ViewState,
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    *_VIEWS.reading(),
    _VIEWS.creating(
        KeepView, summary="Keep a list with its filters under a name", names="view",
        refusals=("VIEW_NOT_ACCEPTABLE", "CODE_NOT_ACCEPTABLE", "FIELD_REQUIRED", "TEXT_NOT_ACCEPTABLE"),
    ),
    _VIEWS.acting(RemoveView, path="removal", summary="Offer a view no longer", names="view"),
)  # fmt: skip
