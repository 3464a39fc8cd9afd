"""The station of a store or warehouse: pages for those who pick, pack, hand over and receive, a phone in one hand."""
