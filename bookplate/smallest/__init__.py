"""The smallest request that shows a failure: a request in its parts, and the search for those that are needed."""
