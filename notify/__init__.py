"""Telling others what happened. Webhooks today; never sees the store, `app` hands it events."""
