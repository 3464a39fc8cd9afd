"""shipping_fees"""
