"""Everything on one machine with one command: what `./run` starts, watches and stops."""
