"""`python -m antalya`."""

from antalya.entry.cli import main

if __name__ == "__main__":
    main()
