"""Ears and voice: recognisers, live listening, after-call transcription, clean-up, and the spoken prompts."""
