"""`python -m newsletter.cli`: the same as the console script.

Nothing of what is imported is ever garbage.  To look for some on the way, and once more at the end, took half of the
time of a command.
"""

import gc

gc.disable()

from newsletter.cli.main import called, main

called()
gc.freeze()
gc.enable()
main()
