"""Pages for the people who work with Orderline. They call the operations of the API, and decide nothing themselves."""
