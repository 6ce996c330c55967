"""Settings of a small library beside the test run: the tests' own, with stored files where the environment says."""

import os
from pathlib import Path

from tests.settings import *  # noqa: F403

MEDIA_ROOT = Path(os.environ["LIBRARY_MEDIA"])
