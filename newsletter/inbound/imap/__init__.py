"""A mailbox from which mail is fetched."""
