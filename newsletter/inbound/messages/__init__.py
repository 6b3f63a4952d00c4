"""Messages as they come: parsed without ever failing, and told from a machine's."""
