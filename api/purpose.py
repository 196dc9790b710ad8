"""Why somebody looks: said in a header, kept with the look."""

from typing import Annotated
from urllib.parse import unquote

from fastapi import Header

from api.shapes import plain

PurposeHeader = Annotated[
    str,
    Header(
        alias="X-Purpose",
        max_length=600,
        description="why; percent-encoded UTF-8",
        examples=["%E8%B4%A8%E6%A3%80"],
    ),
]


def purpose_of(header: str, otherwise: str) -> str:
    """The purpose as text: the header's, else what the deed itself says."""
    return plain(unquote(header) or otherwise).strip()[:200]
