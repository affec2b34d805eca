"""What holds for all tests: Hypothesis without deadlines, since the machines that run them are shared."""

from hypothesis import settings

settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")
