#!/usr/bin/env bash
# Watches over a node that trains: what AWS announces is in the status and in /checkpoints/notice.json, for the run to act on. A
# run is never stopped from here: only it knows whether a checkpoint is worth more than the minutes that are left.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"
# shellcheck source-path=SCRIPTDIR source=report.sh
source "$(dirname "$0")/report.sh"
# shellcheck source-path=SCRIPTDIR source=notices.sh
source "$(dirname "$0")/notices.sh"

watch_seconds=${LLM_CLUSTER_WATCH_SECONDS:-5}

# Written aside and moved, so that a run never reads half of it; gone when there is no notice.
tell_run() {
  local file=$nvme/checkpoints/notice.json notice
  notice=$(cat "$run/notice" 2>/dev/null || echo null)
  if [[ $notice == null ]]; then
    rm -f "$file"
  elif [[ $notice != "$(cat "$file" 2>/dev/null || true)" ]]; then
    mkdir -p "$nvme/checkpoints"
    echo "$notice" >"$file.new"
    mv "$file.new" "$file"
  fi
}

until identify; do sleep "$watch_seconds"; done
while true; do
  see_notices
  tell_run
  renew_report
  sleep "$watch_seconds"
done
