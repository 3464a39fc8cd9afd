"""The people of orders: what is known of them stands behind tokens, and can be erased without a figure changing."""
