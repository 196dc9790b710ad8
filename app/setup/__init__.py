"""What `./hotline` does before anything is installed: bring the parts a command needs.

Standard library only: these modules run before the virtual environment exists.
"""
