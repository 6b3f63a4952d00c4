"""Golden letters: what readers of each edition, order and variant get, kept as files."""
