"""main.py SETTINGS-FILE [--long] [OPTION]...: runs Schemathesis against a running service, and counts.

The last line is `N passed, N failed`, one for each operation of the document.
"""

import collections
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]
SHORT = ["--max-examples", "25", "--generation-deterministic"]
LONG = ["--max-examples", "1000", "--generation-database", "none"]


def main():
    settings_file, *options = sys.argv[1:]
    with open(settings_file, encoding="utf-8") as file:
        endpoint = json.load(file)["endpoint"]
    amount = SHORT
    if options[:1] == ["--long"]:
        amount, options = LONG, options[1:]
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "junit.xml")
        command = [sys.executable, "-B", "-m", "schemathesis.cli", "--no-color", "run"]
        command += [f"{endpoint}/openapi.json", "--checks", ",".join(CHECKS), *amount]
        command += ["--phases", "examples,coverage,fuzzing", "--continue-on-failure"]
        # The hooks send other requests than were generated, so what is said of the generated ones says nothing.
        command += ["--warnings", "off", "--report", "junit", "--report-junit-path", report, *options]
        answers = os.path.join(folder, "answers.json")
        environment = {
            **os.environ,
            "KMS_FUZZ_ANSWERS": answers,
            "SCHEMATHESIS_HOOKS": "hooks",
            "KMS_FUZZ_SETTINGS": os.path.abspath(settings_file),
            "PYTHONPATH": HERE,
            # Deterministic: no order of a set may depend on the process.
            "PYTHONHASHSEED": "0",
        }
        run = subprocess.run(command, cwd=folder, env=environment, stderr=subprocess.STDOUT)
        passed, failed = count(report)
        failed += tell(answers)
    if run.returncode != 0:
        failed = max(1, failed)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 0 if failed == 0 and passed > 0 else 1


# A single site refuses the first whatever is asked; the one keystore is made before the run and stays.
REFUSED = {"ReplicateKey", "CreateKeyStore", "DeleteKeyStore"}


def tell(path):
    """Prints how often which status was answered, and counts operations that never succeeded: they were not tested."""
    if not os.path.exists(path):
        return 1
    with open(path, encoding="utf-8") as file:
        answers = json.load(file)
    total = collections.Counter()
    for counts in answers.values():
        total.update(counts)
    print("answers:", ", ".join(f"{total[status]} x {status}" for status in sorted(total)))
    vain = [
        name
        for name, counts in sorted(answers.items())
        if name not in REFUSED and not any(status.startswith("2") for status in counts)
    ]
    for name in vain:
        print(f"{name} never succeeded, so its handler was not tested.")
    return len(vain)


def count(report):
    """One operation passed when every one of its test cases did."""
    if not os.path.exists(report):
        return 0, 1
    outcomes = {}
    for case in ElementTree.parse(report).iter("testcase"):
        bad = any(child.tag in ("failure", "error") for child in case)
        name = case.get("name")
        outcomes[name] = outcomes.get(name, True) and not bad
    return sum(outcomes.values()), len(outcomes) - sum(outcomes.values())


if __name__ == "__main__":
    sys.exit(main())
