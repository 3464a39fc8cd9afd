"""Sellers: third parties whose goods are sold on the merchant's own shop; what is theirs of each sale, and how they get it."""
