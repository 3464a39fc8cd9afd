"""Returns: goods on their way back, and the money for them; two axes that do not wait for one another."""
