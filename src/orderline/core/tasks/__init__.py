"""Tasks: what was noticed that a person should see to, with the evidence; over by itself when its cause is."""
