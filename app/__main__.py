"""`python -m app COMMAND …`: what `./hotline` hands over to once everything it needs is there."""

from app.cli import main

if __name__ == "__main__":
    main()
