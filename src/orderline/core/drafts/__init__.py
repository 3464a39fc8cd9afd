"""Draft orders: put together on the phone or offered as a quote, and made an order by one command, by the rules of all orders."""
