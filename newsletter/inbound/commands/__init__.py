"""What people ask for by writing to an address."""
