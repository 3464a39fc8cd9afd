"""fulfillments"""
