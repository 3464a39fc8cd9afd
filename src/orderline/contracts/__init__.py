"""What a connector of each kind must offer: typed contracts, the facts partners tell, and how connectors are found.

Writes take sets and give one outcome per request, in order: an answer, or the Trouble that kept it from coming.
"""
