"""Job requests: JSON or YAML with positions, and what they override in the image they name."""


class Request:
    """A job request."""
