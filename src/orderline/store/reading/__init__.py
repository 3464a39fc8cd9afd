"""Everything that is read: orders with their story, lists, the feed of events, stock and why. Nothing is locked."""
