"""What a posted form has to pass: its size and kind, its age, where it comes from, and how often."""
