"""tenders"""
