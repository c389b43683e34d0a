"""What holds for all tests."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from surroundings import leave

leave()
# The engines of the tests live for seconds: a sixth of their processor time was collecting garbage.
os.environ |= {"GOGC": "off", "GOMEMLIMIT": "1GiB"}

# No test looks at a clock: how long an example takes says how busy the machine is.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
