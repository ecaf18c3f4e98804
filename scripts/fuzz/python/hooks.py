"""What Schemathesis loads before it starts: signatures, and requests that reach the handlers."""

import atexit
import collections
import json
import os

import schemathesis

from seeds import plant
from signature import Signature
from steering import Steering

with open(os.environ["KMS_FUZZ_SETTINGS"], encoding="utf-8") as file:
    SETTINGS = json.load(file)

SIGNATURE = Signature(SETTINGS)
STEERING = Steering(SETTINGS, plant(SETTINGS, SIGNATURE))

schemathesis.auth.set_from_requests(SIGNATURE)


@schemathesis.hook
def before_call(_context, case, _kwargs):
    STEERING.lead(case)


ANSWERS = collections.defaultdict(collections.Counter)


@schemathesis.hook
def after_call(_context, case, response):
    STEERING.answered(response.status_code, response.text)
    ANSWERS[case.operation.definition.raw["operationId"]][response.status_code] += 1


@atexit.register
def write_answers():
    with open(os.environ["KMS_FUZZ_ANSWERS"], "w", encoding="utf-8") as file:
        json.dump(ANSWERS, file)
