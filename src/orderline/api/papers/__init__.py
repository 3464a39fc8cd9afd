"""Papers over HTTP: made when they are asked for, of what stands then."""
