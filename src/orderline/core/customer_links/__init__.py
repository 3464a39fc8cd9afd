"""customer links"""
