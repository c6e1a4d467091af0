"""Shared pieces of the tests: the in-process table, meters, clocks, servers."""
