"""Real servers for the tests, each in its own process, bound to the test run: a killed run leaves none behind."""
