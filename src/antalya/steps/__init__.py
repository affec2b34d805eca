"""The verbs: pure functions from what is filed and known to what follows. `now` is always an argument."""
