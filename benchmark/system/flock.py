"""The kernel's locks of open files, which it lets go of when their holder ends, however it ends."""

from __future__ import annotations

import errno

_UNLOCKED = (errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL)
"""What file systems say that have no locks."""


def lock_open_file(place: int) -> bool | None:
    """Locks an open file against all others, without waiting.

    Args:
        place: the descriptor of the file. The lock is let go of with the last copy of it.

    Returns:
        Whether the lock could be had; None where the system or the file system has no such locks.

    Raises:
        OSError: the file cannot be locked, for another reason.
    """
    try:
        import fcntl
    except ImportError:
        return None
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in _UNLOCKED:
            return None
        if error.errno == errno.EACCES:  # what some file systems say in place of EAGAIN
            return False
        raise
    return True
