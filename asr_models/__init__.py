"""The speech models: what they are (manifest.yaml), where they lie, and how they get there."""

from asr_models.errors import ChecksumWrong, FetchFailed
from asr_models.fetch import get
from asr_models.manifest import Model, load
from asr_models.places import folder, is_present, require, verify

__all__ = [
    "ChecksumWrong",
    "FetchFailed",
    "Model",
    "folder",
    "get",
    "is_present",
    "load",
    "require",
    "verify",
]
