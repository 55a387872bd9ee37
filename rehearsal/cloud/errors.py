"""How a request is refused and how a resource fails."""

from __future__ import annotations


class Refused(Exception):
    """A request that AWS would refuse; `status` is the HTTP status to answer with."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


def failed_resource(message: str, service: str, status: int) -> ValueError:
    """The reason of a failed resource, worded as CloudFormation words it."""
    reason = f"{message} (Service: {service}, Status Code: {status})"
    return ValueError(f'Resource handler returned message: "{reason}"')
