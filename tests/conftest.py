"""What all tests share."""

from hypothesis import settings

# A busy machine is no reason for a property to fail.
settings.register_profile("diarist", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=25)
settings.load_profile("diarist")
