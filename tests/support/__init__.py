"""What several tests need: servers to test on, loud skipping, a look at the repository's own files."""
