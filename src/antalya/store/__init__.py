"""Where an exchange keeps what it knows: one adapter a database, each with its own SQL."""
