"""The use cases of shipping."""
