"""The error of a call to an API of AWS."""


class AwsError(Exception):
    """The API gave no usable answer.

    Attributes:
        kind: `throttled`, `unreachable`, `refused`, `malformed` or `credentials`.
        is_denied: Whether a policy denies the call: that of the role, the VPC endpoint or the account.

    """

    def __init__(self, kind: str, message: str, *, is_denied: bool = False) -> None:
        super().__init__(message)
        self.kind = kind
        self.is_denied = is_denied
