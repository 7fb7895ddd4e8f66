#!/usr/bin/env python3
"""Asks the instance metadata what is about to happen to this machine: `notices.py METADATA_URL CAPACITY_ENDS_AT`.

Prints two lines. First the notice for the status: `null`, or JSON with kind, at and what. Then, when this node's work is to
end now: until when it may go on, in seconds of the epoch, and why; otherwise an empty line. Fails when the metadata service
does not answer, which says nothing about the machine.

Formats: EC2 User Guide, "Spot Instance interruption notices", "EC2 instance rebalance recommendations" and "Scheduled events
for your instances". A capacity block's machines are terminated from 30 minutes before its end (same guide, "Capacity Blocks").
"""
import json
import os
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone

MINUTE = 60
# A notice that comes with minutes to go leaves some seconds for the stop itself.
STOP_SECONDS = 20
EVENT_LEAD = 15 * MINUTE
CAPACITY_DRAINS_FROM = 40 * MINUTE
CAPACITY_DRAINED_BY = 31 * MINUTE
# Before its last day, the end of a block is no news.
CAPACITY_NOTICE = 24 * 60 * MINUTE


class Metadata:
    """The metadata service, version 2."""

    def __init__(self, url):
        self.url = url
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        seconds = {"X-aws-ec2-metadata-token-ttl-seconds": "300"}
        self.token = self.open(urllib.request.Request(f"{url}/latest/api/token", method="PUT", headers=seconds))

    def open(self, request):
        with self.opener.open(request, timeout=5) as answer:
            return answer.read().decode()

    def read(self, path):
        """What is there as JSON, or nothing: most notices are not there at all until they are given."""
        headers = {"X-aws-ec2-metadata-token": self.token}
        try:
            return json.loads(self.open(urllib.request.Request(f"{self.url}/latest/meta-data/{path}", headers=headers)))
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise


def seconds_of(iso):
    moment = datetime.fromisoformat(iso.replace("Z", "+00:00"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def iso_of(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def booted_at():
    given = os.environ.get("LLM_CLUSTER_BOOTED_AT")
    if given:
        return float(given)
    with open("/proc/uptime") as uptime:
        return time.time() - float(uptime.read().split()[0])


def spot(metadata):
    action = metadata.read("spot/instance-action")
    if action:
        at = seconds_of(action["time"])
        yield {"kind": "spot", "at": at, "what": f"AWS will {action['action']} this spot instance", "from": 0, "by": at - STOP_SECONDS}


def capacity(ends_at):
    if ends_at:
        end = seconds_of(ends_at)
        if time.time() >= end - CAPACITY_NOTICE:
            yield {
                "kind": "capacity-end",
                "at": end,
                "what": "the capacity block ends; AWS begins to terminate 30 minutes before",
                "from": end - CAPACITY_DRAINS_FROM,
                "by": end - CAPACITY_DRAINED_BY,
            }


def scheduled(metadata):
    for event in metadata.read("events/maintenance/scheduled") or []:
        at = datetime.strptime(event["NotBefore"], "%d %b %Y %H:%M:%S GMT").replace(tzinfo=timezone.utc).timestamp()
        if event.get("State") != "active" or event.get("Description", "").startswith(("[Completed]", "[Canceled]")):
            continue
        # What restarts or moves the machine is over once it has started since, even while it is still listed.
        if event["Code"] != "system-maintenance" and booted_at() > at:
            continue
        what = f"{event['Code']}: {event.get('Description', '')}"
        yield {"kind": "scheduled-event", "at": at, "what": what, "from": at - EVENT_LEAD, "by": at - STOP_SECONDS}


def rebalance(metadata):
    recommendation = metadata.read("events/recommendations/rebalance")
    if recommendation:
        what = "AWS may soon interrupt this spot instance"
        yield {"kind": "rebalance", "at": None, "what": what, "from": None, "by": None}


def plain(text):
    """Whatever would break a report is not worth reporting."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in " .,:;()/_*@-") else " " for letter in text)


def main(url, ends_at):
    metadata = Metadata(url)
    notices = []
    for source in (spot(metadata), capacity(ends_at), scheduled(metadata), rebalance(metadata)):
        try:
            notices.extend(source)
        except (KeyError, TypeError, ValueError) as error:  # One that cannot be read must not hide the others.
            print(f"llm-cluster: a notice could not be read: {error!r}", file=sys.stderr)
    due = [notice for notice in notices if notice["from"] is not None and notice["from"] <= time.time()]
    # What ends this node's work first; then what comes first; a mere recommendation last.
    first = min(due, key=lambda notice: notice["by"], default=None)
    shown = first or min(notices, key=lambda notice: notice["at"] or float("inf"), default=None)
    if shown is None:
        print("null")
    else:
        at = None if shown["at"] is None else iso_of(shown["at"])
        print(json.dumps({"kind": shown["kind"], "at": at, "what": plain(shown["what"])}))
    print(f"{int(first['by'])} {plain(first['what'])}, at {iso_of(first['at'])}" if first else "")


if __name__ == "__main__":
    main(*sys.argv[1:])
