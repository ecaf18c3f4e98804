"""main.py SETTINGS-FILE: walks every operation of the official Python SDK against a running service.

The settings are JSON: the credentials file of the service with its `region` and the name of a second HSM `cluster`.
"""

import json
import sys
import traceback

from huaweicloudsdkcore.exceptions.exceptions import SdkException

import aliases
import data
import datakeys
import grants
import imports
import key_space
import keys
import keystores
import pairs
import regions
import rotation
import tags
import versions
from kms import Failed, Kms, operations

SCENARIOS = [
    versions,
    keys,
    datakeys,
    data,
    pairs,
    imports,
    rotation,
    grants,
    tags,
    aliases,
    keystores,
    regions,
    key_space,
]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        settings = json.load(file)
    kms = Kms(settings)
    failures = {}
    for scenario in SCENARIOS:
        for step in scenario.STEPS:
            # One broken operation must not hide the state of the others.
            try:
                step(kms, settings)
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)
                line = next(entry for entry in reversed(where) if entry.name == step.__name__)
                place = f"{scenario.__name__}.{step.__name__}, line {line.lineno}"
                failures.setdefault(kms.latest, []).append(f"{place}: {sentence(error)}")
    finish(kms, failures)


def sentence(error):
    if isinstance(error, Failed):
        return str(error)
    if isinstance(error, SdkException):
        return f"{getattr(error, 'error_code', '')} {error.error_msg}"
    return f"{type(error).__name__}: {error}"


def finish(kms, failures):
    failed = 0
    known = operations()
    for operation in known:
        reasons = failures.get(operation, [])
        if operation not in kms.called:
            reasons = reasons or ["was never answered"]
        for reason in reasons:
            print(f"FAILED {operation}: {reason}")
        if reasons:
            failed += 1
        else:
            print(f"ok {operation} ({kms.called[operation]})")
    print(f"{len(known) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
