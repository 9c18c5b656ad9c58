"""Main memory that tensors are given, and how it is kept between them."""

import ctypes

# Of glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4


def keep_freed() -> bool:
    """Let this process keep memory that it frees for what it needs next, until it ends.

    By default glibc gives the memory of large tensors back to the system, which clears it page by
    page when the next tensor of that size needs it: up to a tenth of a forward pass, as each layer
    makes new tensors. The most that is needed at a time stays about the same.

    Returns
    -------
    bool
        Whether the C library is glibc; others do as they do.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(_M_TRIM_THRESHOLD, -1)) and bool(mallopt(_M_MMAP_MAX, 0))
