"""Reads a file of metrics as Prometheus does, and says as JSON what is in it. Fails on what is not well-formed."""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families

types = {}
samples = {}
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    for family in text_string_to_metric_families(file.read()):
        if family.name in types:
            sys.exit(f"two families are called {family.name}")
        if not family.documentation:
            sys.exit(f"{family.name} has no help")
        types[family.name] = family.type
        bounds = {}
        for sample in family.samples:
            labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
            name = sample.name + ("{" + labels + "}" if labels else "")
            if name in samples:
                sys.exit(f"{name} is there twice")
            samples[name] = sample.value
            if sample.name.endswith("_bucket"):
                bounds.setdefault(sample.labels["stage"], []).append((float(sample.labels["le"]), sample.value))
        for stage, buckets in bounds.items():
            if buckets != sorted(buckets) or sorted(value for _, value in buckets) != [v for _, v in buckets]:
                sys.exit(f"the buckets of {stage} do not grow: {buckets}")
            if buckets[-1][0] != float("inf"):
                sys.exit(f"the buckets of {stage} do not end at infinity")
print(json.dumps({"types": types, "samples": samples}))
