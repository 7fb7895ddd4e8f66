"""Writes test/fixtures/ec2-model.json: what EC2's own API model says of the requests that start machines.

The model is botocore's (the SDKs are generated from it). It is reduced to the shapes that the requests below reach, and to
what a request can be checked against; its documentation is left out. To make the fixture again, in a folder of its own:

    python3 -m venv venv && ./venv/bin/pip download --no-deps botocore==1.44.5
    python3 make.py botocore-1.44.5-py3-none-any.whl > ec2-model.json

Needs nothing but Python: a wheel is a zip file.
"""

import gzip
import hashlib
import json
import re
import sys
import zipfile
from pathlib import Path

OPERATIONS = ["RunInstances", "CreateLaunchTemplate", "CreateCapacityReservation", "PurchaseCapacityBlock"]
MODEL = "botocore/data/ec2/2016-11-15/service-2.json.gz"

# What the model types as a plain string, and its documentation gives values for: (shape, member, values). The values are
# looked for in the documentation, so that a newer model that has others ends here.
DOCUMENTED = [
    ("InstanceNetworkInterfaceSpecification", "InterfaceType", ["interface", "efa", "efa-only"]),
    ("LaunchTemplateInstanceNetworkInterfaceSpecificationRequest", "InterfaceType", ["interface", "efa", "efa-only"]),
]

# Ranges that only the documentation has: (shape, member, least, most, the words that say so).
RANGES = [
    ("LaunchTemplateEbsBlockDeviceRequest", "Throughput", 125, 2000, "Minimum value of 125. Maximum value of 2,000"),
    (
        "LaunchTemplateInstanceMetadataOptionsRequest",
        "HttpPutResponseHopLimit",
        1,
        64,
        "Possible values: Integers from 1 to 64",
    ),
    ("ConnectionTrackingSpecificationRequest", "TcpEstablishedTimeout", 60, 432000, "Min: 60 seconds. Max: 432000 seconds"),
]

# A pattern that nothing can match, because it has an anchor in its middle: what it means is the same without.
MENDED = {"PlacementGroupArn": ("placement-group/^.{1,255}$", "placement-group/.{1,255}$")}


def plain(documentation):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", documentation or ""))


def reduce(shape):
    """A shape without its documentation, and without what only says how a request is written down."""
    kept = {key: shape[key] for key in ("type", "required", "enum", "min", "max", "pattern") if key in shape}
    if "members" in shape:
        kept["members"] = {name: member["shape"] for name, member in shape["members"].items()}
    if "member" in shape:
        kept["member"] = shape["member"]["shape"]
    for part in ("key", "value"):
        if part in shape:
            kept[part] = shape[part]["shape"]
    return kept


def neighbours(shape):
    yield from shape.get("members", {}).values()
    yield from (shape[part] for part in ("member", "key", "value") if part in shape)


def reached(shapes, roots):
    found, ahead = {}, list(roots)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found[name] = reduce(shapes[name])
            ahead.extend(neighbours(found[name]))
    return found


def narrow(found, shapes):
    """Gives members whose values or range only the documentation has a shape of their own."""
    for owner, member, values in DOCUMENTED:
        words = plain(shapes[owner]["members"][member]["documentation"])
        if " | ".join(values) not in words:
            raise SystemExit(f"{owner}.{member}: the documentation no longer says {values}: {words}")
        found[owner]["members"][member] = f"{owner}.{member}"
        found[f"{owner}.{member}"] = {"type": "string", "enum": values}
    for owner, member, least, most, said in RANGES:
        words = plain(shapes[owner]["members"][member]["documentation"])
        if said not in words:
            raise SystemExit(f"{owner}.{member}: the documentation no longer says {said}: {words}")
        found[owner]["members"][member] = f"{owner}.{member}"
        found[f"{owner}.{member}"] = {"type": "integer", "min": least, "max": most}


def mend(found):
    for name, (wrong, right) in MENDED.items():
        if wrong not in found[name]["pattern"]:
            raise SystemExit(f"{name}: its pattern is another one now: {found[name]['pattern']}")
        found[name]["pattern"] = found[name]["pattern"].replace(wrong, right)


def main(wheel):
    with zipfile.ZipFile(wheel) as archive:
        model = json.loads(gzip.decompress(archive.read(MODEL)))
    operations = {name: model["operations"][name]["input"]["shape"] for name in OPERATIONS}
    found = reached(model["shapes"], operations.values())
    narrow(found, model["shapes"])
    mend(found)
    digest = hashlib.sha256(Path(wheel).read_bytes()).hexdigest()
    source = f"{Path(wheel).name}, sha256 {digest}, {MODEL}; documented values by test/ec2Model/make.py"
    lines = [f"  {json.dumps(name)}: {json.dumps(found[name], separators=(',', ':'))}" for name in sorted(found)]
    print('{"source": %s,\n"operations": %s,\n"shapes": {' % (json.dumps(source), json.dumps(operations)))
    print(",\n".join(lines) + "\n}}")


main(sys.argv[1])
