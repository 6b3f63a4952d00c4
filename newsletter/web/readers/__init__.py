"""What readers fill in: the sign-up form, and what a link in a mail opens."""
