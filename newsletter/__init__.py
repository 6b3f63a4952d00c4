"""A self-hosted newsletter service for weekly publications in several languages."""
