"""Files in one ZIP, each with the time at which they were made: the same input gives the same bytes.

It writes what `server/verifier/zip_file.py` takes: no data descriptors, extra fields or comments, and plain names.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import datetime


def zipped(files: Mapping[str, bytes], made: datetime) -> bytes:
    """The ZIP file; names are taken as they are, in their order."""
    out = io.BytesIO()
    year, month, day, hour, minute, second = made.timetuple()[:6]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, allowZip64=False) as book:
        for name, data in files.items():
            part = zipfile.ZipInfo(name, (year, month, day, hour, minute, second))
            part.create_system, part.external_attr = 3, 0o600 << 16
            part.compress_type = zipfile.ZIP_DEFLATED
            book.writestr(part, data)
    return out.getvalue()
