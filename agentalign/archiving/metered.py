"""A stream of which no more is read than was allowed for."""

import io
from typing import BinaryIO


class TooMuchError(OSError):
    """More came out of an archive than it said it holds."""


class Metered(io.RawIOBase):
    """Passes on what a stream holds, up to an allowance that is renewed for each member.

    A tar header can ask for gigabytes, and a megabyte of gzip can hold them.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._left = stream, 0

    def allow(self, size: int) -> None:
        """Allow so many bytes from here on."""
        self._left = size

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes. Raises: TooMuchError beyond the allowance."""
        if self._left <= 0:
            raise TooMuchError
        data = self._stream.read(size if size >= 0 else self._left)
        self._left -= len(data)
        return data
