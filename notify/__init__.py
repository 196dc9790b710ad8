"""Telling others what happened: one sender per way out (core.notices.Sender). Never sees the store; `app` hands it notices."""
