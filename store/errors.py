"""What can go wrong between us and the database, by name."""

from sqlalchemy.exc import DontWrapMixin

from core.errors import Conflict, HotlineError, NaiveTime


class StoreUnavailable(HotlineError):
    """The database is locked, full or gone; what was asked did not happen and may be tried again."""

    code = "store_unavailable"
    status = 503
    retryable = True


class StoreOutdated(HotlineError):
    """The database's schema is not the one this program was written for; run the upgrade."""

    code = "store_outdated"
    status = 503


class KeyMissing(HotlineError, DontWrapMixin):
    """A sealed value names a key the keyring lacks, or the sealing algorithm is not in this OpenSSL."""

    code = "key_missing"
    status = 503


class SealBroken(HotlineError, DontWrapMixin):
    """A sealed value does not open with the key it names: it was changed."""

    code = "seal_broken"


class NaiveColumn(NaiveTime, DontWrapMixin):
    """A datetime without a zone was about to be stored."""


class AppendOnly(Conflict):
    """Events and look-ups are added, never changed or removed."""

    code = "append_only"


class BackupFailed(HotlineError):
    """A backup could not be made or put in place."""

    code = "backup_failed"


class BackupUnusable(BackupFailed):
    """What was handed in is no whole backup of ours, or not one for this place."""

    code = "backup_unusable"
    status = 422
