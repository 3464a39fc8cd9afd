"""Credit accounts: store credit and gift cards, money that is owed to customers and spent as a tender."""
