"""demands"""
