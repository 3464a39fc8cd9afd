"""The way in over HTTP: parse, submit one command, render."""
