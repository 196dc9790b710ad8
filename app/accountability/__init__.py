"""The accountability file: collected by a worker, verified, proposed and decided by people."""
