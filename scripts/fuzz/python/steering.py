"""Leads half of the generated requests past the first check, to real keys and real ciphertexts.

A generated id names nothing, so without this the handlers behind the look-up of a key would never run.
"""

import hashlib
import random

from seeds import CHANGES_STATE

# How often a request becomes one that is known to succeed, and how often one of its members stays as generated.
KNOWN_REQUEST = 0.4
KEPT_MEMBER = 0.15
# How often a member that names something names something real.
REAL_NAME = 0.6
# How often a known request is sent before it is given up.
TRIES = 5


class Steering:
    """Changes generated cases in place."""

    def __init__(self, settings, seeds):
        self.project = settings["project_id"]
        self.seeds = seeds
        self.unsent = {
            name: [(request, TRIES) for request in known] for name, known in seeds.requests.items()
        }
        # The known request that was sent last, and how often it may still be sent: some cases go out without a signature
        # or with another method, whatever they hold.
        self.sending = None

    def lead(self, case):
        """Changes a case. Known requests are each sent as they are until one succeeds, so that every operation does;
        after that, the same case is always changed alike, so that failures can be reproduced and shrunk."""
        self.sending = None
        name = case.operation.definition.raw["operationId"]
        told = repr((name, case.path_parameters, case.query, case.body))
        choice = random.Random(hashlib.sha256(told.encode("utf-8", "surrogatepass")).digest())
        if "project_id" in case.path_parameters and choice.random() < 0.97:
            case.path_parameters["project_id"] = self.project
        known = self.seeds.requests.get(name)
        if self.unsent.get(name):
            request, tries = self.unsent[name].pop(0)
            self.sending = (name, request, tries)
            self._send(case, request)
        else:
            if known and choice.random() < KNOWN_REQUEST:
                self._become(case, choice.choice(known), choice)
            else:
                for place in (case.path_parameters, case.query, case.body):
                    self._name(place, name, choice)
            # After both: a known request keeps some of the generated members.
            if name in CHANGES_STATE:
                self._spare(case.body, choice)
        # With a slash in a segment, or without a segment, it would be the address of something else.
        for member, value in case.path_parameters.items():
            case.path_parameters[member] = str(value).replace("/", "-") or "-"

    def answered(self, status, text):
        """Takes note of the answer to the case that was changed last."""
        if self.sending is None or 200 <= status < 300:
            return
        name, request, tries = self.sending
        if tries > 1:
            self.unsent[name].append((request, tries - 1))
        else:
            print(f"A known request of {name} was refused: {status} {text[:200]}", flush=True)

    def _spare(self, body, choice):
        """Schemathesis learns ids from answers: what others depend on must not be disabled or deleted by them."""
        key = body.get("key_id") if isinstance(body, dict) else None
        # An alias may have come to name any key.
        if isinstance(key, str) and (key in self.seeds.lasting or "alias/" in key):
            body["key_id"] = choice.choice(self.seeds.expendable)

    def _send(self, case, request):
        if "project_id" in case.path_parameters:
            case.path_parameters["project_id"] = self.project
        case.path_parameters.update(request.get("path", {}))
        if "query" in request:
            case.query = dict(request["query"])
        if "body" in request:
            case.body = dict(request["body"])
            case.media_type = "application/json"

    def _become(self, case, request, choice):
        case.path_parameters.update(request.get("path", {}))
        if "query" in request:
            case.query = merged(request["query"], case.query, choice)
        if "body" in request:
            case.body = merged(request["body"], case.body, choice)

    def _name(self, place, operation, choice):
        if not isinstance(place, dict):
            return
        for member, value in place.items():
            pool = self.seeds.names(operation, member)
            if pool and choice.random() < REAL_NAME:
                place[member] = choice.choice(pool)
            else:
                self._name(value, operation, choice)


def merged(known, generated, choice):
    if not isinstance(generated, dict):
        return generated if choice.random() < KEPT_MEMBER else dict(known)
    kept = {name: value for name, value in generated.items() if choice.random() < KEPT_MEMBER}
    return {**known, **kept}
