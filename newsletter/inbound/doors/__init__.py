"""By which mail comes in: a mail server's connection, a pipe."""
