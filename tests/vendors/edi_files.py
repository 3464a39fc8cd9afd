"""The published EDI files."""

from pathlib import Path

from support.openapi import GIVEN, folder
from support.skipping import skip_loudly


def edi_files() -> dict[str, bytes]:
    """All of them by name; skips, so that it is heard, where they are not there."""
    path: Path = folder() / "edi" / "samples"
    if not path.is_dir():
        skip_loudly("published EDI files", unless=f"{GIVEN} names the vendors' files")
    return {each.name: each.read_bytes() for each in sorted(path.glob("*.edi"))}
