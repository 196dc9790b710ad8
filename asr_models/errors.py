"""How fetching a model fails, by name."""

from core.errors import HotlineError


class FetchFailed(HotlineError):
    """No source gave the model; the text lists what was tried and how to bring the files by hand."""

    code = "model_fetch_failed"
    status = 502
    retryable = True


class ChecksumWrong(FetchFailed):
    """What arrived is not what the manifest names; nothing of it is kept."""

    code = "model_checksum_wrong"
    retryable = False
