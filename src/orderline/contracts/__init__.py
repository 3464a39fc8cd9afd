"""What a connector of each kind must offer."""
