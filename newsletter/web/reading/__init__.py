"""What anybody may read: the home page, weeks, sections, commentaries, the feed."""
