"""make bench: what one process carries, beside the framework's own limit and a peer, in one run."""
