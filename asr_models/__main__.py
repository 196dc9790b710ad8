"""`python -m asr_models …`: the same commands as `./hotline models …`."""

from asr_models.cli import app

app()
