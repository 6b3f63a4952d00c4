"""Celery: the bell.  Tasks ring, call one verb, and know nothing."""
