"""One view of several workers: published and read through Redis, shown by who holds the lease."""
