"""`python -m embedding`: convert the installed model now rather than at its first use (set-up does)."""

from core.errors import HotlineError
from embedding.encoder import Encoder

try:
    Encoder()
except (HotlineError, OSError):
    raise SystemExit(1) from None
