"""All pages: one table, from which routes and authorization are made. A page without a rule can't be written."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from orderline.console import access, acting, home, listings, orders
from orderline.console.visits import Gone, Shown, Visit

Show = Callable[[Visit], Awaitable[Shown | Gone]]


@dataclass(frozen=True, kw_only=True)
class Page:
    """calls: the operations it may ask for; whoever lacks the right of the first does not see the page.

    open: for people who have not signed in. own: about the person who has signed in alone, so that no right is needed.
    """

    method: str
    path: str
    show: Show
    calls: tuple[str, ...] = ()
    open: bool = False
    own: bool = False

    def __post_init__(self) -> None:
        if bool(self.calls) + self.open + self.own != 1:
            raise ValueError(f"{self.method} {self.path} needs one rule that says for whom it is")


PAGES: Final[tuple[Page, ...]] = (
    Page(method="GET", path="/sign-in", show=access.sign_in_form, open=True),
    Page(method="POST", path="/sign-in", show=access.sign_in, open=True),
    Page(method="GET", path="/welcome/{token}", show=access.welcome_form, open=True),
    Page(method="POST", path="/welcome/{token}", show=access.welcome, open=True),
    Page(method="POST", path="/sign-out", show=access.sign_out, own=True),
    Page(method="GET", path="/me", show=access.me, own=True),
    Page(method="POST", path="/me/second-factor", show=access.change_second_factor, own=True),
    Page(method="GET", path="/", show=home.home, calls=("list_orders", "list_holds")),
    Page(method="GET", path="/orders", show=orders.list_orders, calls=("list_orders", "list_channels")),
    Page(method="GET", path="/orders/{order}", show=orders.show_order, calls=("read_order",)),
    Page(method="GET", path="/orders/{order}/{operation}", show=acting.form, calls=("read_order",)),
    Page(
        method="POST",
        path="/orders/{order}/{operation}",
        show=acting.act,
        calls=("read_order", "preview", *acting.ACTIONS),
    ),
    *(
        Page(method="GET", path=each.path, show=listings.show, calls=(each.operation,))
        for _, each in listings.LISTINGS.values()
    ),
    *(
        Page(
            method="GET",
            path=f"{each.path}/{{id}}",
            show=listings.show_record,
            calls=(each.record, f"{each.record}_history"),
        )
        for _, each in listings.LISTINGS.values()
        if each.record
    ),
)
