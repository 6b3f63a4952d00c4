"""An IMAP server for tests, which can be told to misbehave."""
