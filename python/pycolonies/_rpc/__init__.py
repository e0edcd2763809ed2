"""Messages to a Colonies server: encoding, settings, servers and subscriptions."""
