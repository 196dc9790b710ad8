"""Scoring as pure functions: facts, a policy and a period in; a sheet out whose every half point names its events."""
