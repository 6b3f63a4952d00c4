"""What machines report: bounces, complaints, and what is neither."""
