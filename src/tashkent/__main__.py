"""The command line as ``python -m tashkent``."""

from tashkent.cli import main

if __name__ == "__main__":
    main()
