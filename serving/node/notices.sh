# shellcheck shell=bash disable=SC2034,SC2154
# What AWS announces for this machine, for the status and for whoever must act. Sourced after report.sh, never run.

# Keeps the notice for the status, and reports at once when it has changed. Sets own_end to the end of this node's work, if
# that is due: seconds of the epoch, and why. When the metadata service does not answer, all stays as it was.
own_end=""
see_notices() {
  local answer
  answer=$(python3 "$release/notices.py" "$imds" "$CAPACITY_ENDS_AT") || return 0
  own_end=$(sed -n 2p <<<"$answer")
  mkdir -p "$run"
  if [[ $(cat "$run/notice" 2>/dev/null || echo null) != "${answer%%$'\n'*}" ]]; then
    echo "${answer%%$'\n'*}" >"$run/notice"
    send_report
  fi
}

# What the others of the replica must know: a member's end is the replica's.
publish_own_end() {
  if [[ -z $own_end ]]; then
    forget drain
  elif [[ $(state drain) != "$own_end" ]]; then
    remember drain "$own_end"
  fi
}

# The last report again, every few minutes, so that its age tells a node that has died.
renew_seconds=${LLM_CLUSTER_RENEW_SECONDS:-300}
renewed=0
renew_report() {
  if ((SECONDS - renewed >= renew_seconds)); then
    send_report
    renewed=$SECONDS
  fi
}
