"""EDI: interchanges of X12 and EDIFACT read, checked, acknowledged and written, and the business documents in them."""
