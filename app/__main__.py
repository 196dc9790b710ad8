"""`python -m app COMMAND …`: what `./hotline` hands over to once everything it needs is there."""

import gc

# Loading modules makes a million things that stay: looking again and again for garbage among them took a quarter of the start.
gc.set_threshold(1_000_000)

from app.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
