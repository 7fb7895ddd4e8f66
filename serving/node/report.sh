# shellcheck shell=bash disable=SC2154
# How a node tells the model store where it is. Sourced after common.sh, never run.

# Stage, and why. It is written down, too: the watcher sends it again, so that a node that has died can be told by its age.
report() {
  local stage=$1 reason=${2:-} since aside
  # Whatever would break the JSON's quotes or lines is not worth reporting.
  reason=${reason//[^a-zA-Z0-9 .,:;()\/_*@-]/ }
  echo "llm-cluster: $stage${reason:+: $reason}"
  since=$(date --utc +%FT%TZ)
  # A stage that goes on keeps its beginning.
  if [[ $(reported 1) == "$stage" && $(reported 4) == "$RELEASE_NUMBER" && -n $(reported 3) ]]; then since=$(reported 3); fi
  mkdir -p "$run"
  # Aside under a name of its own: apply.sh and watch.sh may report at the same time.
  aside=$(mktemp "$run/.report.XXXXXX")
  printf '%s\n' "$stage" "$reason" "$since" "$RELEASE_NUMBER" "${LLM_CLUSTER_FAILED_RELEASE:-null}" >"$aside"
  mv "$aside" "$run/report"
  send_report
}

# A line of the last report: 1 stage, 2 reason, 3 since when, 4 release, 5 failed release.
reported() { sed -n "$1p" "$run/report" 2>/dev/null || true; }

# A report that cannot be sent stops nothing, and keeps nobody waiting for long.
send_report() {
  local lines notice
  if [[ ! -e $run/report ]]; then return; fi
  mapfile -t lines <"$run/report"
  notice=$(cat "$run/notice" 2>/dev/null || true)
  printf '{"stage":"%s","reason":"%s","since":"%s","updated":"%s","release":%s,"failedRelease":%s,"instanceId":"%s","replica":%s,"rank":%s,"notice":%s}\n' \
    "${lines[@]:0:3}" "$(date --utc +%FT%TZ)" "${lines[@]:3:2}" "$instance_id" "$replica" "$rank" "${notice:-null}" |
    timeout 60 aws s3 cp --only-show-errors --region "$LLM_CLUSTER_REGION" - "s3://$LLM_CLUSTER_BUCKET/${LLM_CLUSTER_PREFIX:-}status/$replica/rank-$rank.json" || true
}

# Exit code of "not now, ask again". Until something is started nothing condemns a release: what is missing may come,
# what is broken may be mended.
readonly try_again=75
later() {
  report "$1" "$2"
  exit $try_again
}

# Reports what is waited for once, not at every look.
report_change() {
  if [[ $(reported 1) != "$1" || $(reported 2) != "${2//[^a-zA-Z0-9 .,:;()\/_*@-]/ }" ]]; then report "$1" "$2"; fi
}

# A newer release need not wait for this one.
superseded() {
  local now
  now=$(aws s3 cp --only-show-errors --region "$LLM_CLUSTER_REGION" "s3://$LLM_CLUSTER_BUCKET/${LLM_CLUSTER_PREFIX:-}releases/current" - 2>/dev/null) || return
  [[ $now != "${LLM_CLUSTER_POINTER:-$now}" ]]
}

# Between two looks at something that is waited for; now and then it looks whether the wait still has a point.
looks=0
pause() {
  looks=$((looks + 1))
  if ((looks % 6 == 0)) && superseded; then later superseded "a newer release is current"; fi
  sleep "$poll_seconds"
}
