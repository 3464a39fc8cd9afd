"""Orderline: order management in which every unit and every cent is accounted for."""
