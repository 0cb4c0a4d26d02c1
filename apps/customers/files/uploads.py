"""Receiving files without believing how large they are said to be."""

from typing import TYPE_CHECKING, Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

MOST_FILES = 10


class LimitedUpload(FileUploadHandler):
    """Lets go of a file as soon as it is over the limit: it never comes to rest anywhere.

    `refused` are the names of those that were too large, `left_out` the number of those too many.
    Stands before the handlers that keep what they receive.
    """

    def __init__(self, most_bytes: int) -> None:
        super().__init__()
        self.most_bytes = most_bytes
        self.received = self.files = self.left_out = 0
        self.refused: list[str] = []

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.received = 0
        self.files += 1

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:  # noqa: ARG002
        # Not in `new_file`: Django would close the file before along with the one that is skipped.
        if self.files > MOST_FILES:
            self.left_out += 1
            raise SkipFile
        self.received += len(raw_data)
        if self.received > self.most_bytes:
            self.refused.append(self.file_name or "")
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":  # noqa: ARG002
        return None
