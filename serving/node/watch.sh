#!/usr/bin/env bash
# Watches over a node that serves: what AWS announces, the other nodes of its replica, the API key. It stops engines and asks
# for the release to be applied again; it never starts one, so that there is one place where engines start. Everything it asks
# for it asks for again until it is so, and it can be restarted at any time: what it knows is in files, or is seen anew.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"
# shellcheck source-path=SCRIPTDIR source=report.sh
source "$(dirname "$0")/report.sh"
# shellcheck source-path=SCRIPTDIR source=drain.sh
source "$(dirname "$0")/drain.sh"
# shellcheck source-path=SCRIPTDIR source=gang.sh
source "$(dirname "$0")/gang.sh"
# shellcheck source-path=SCRIPTDIR source=notices.sh
source "$(dirname "$0")/notices.sh"

watch_seconds=${LLM_CLUSTER_WATCH_SECONDS:-5}
key_seconds=${LLM_CLUSTER_KEY_SECONDS:-60}
# An engine that does not answer its health check for so long is worth a word in the status.
sick_seconds=${LLM_CLUSTER_SICK_SECONDS:-60}

# The agent forgets that this release is applied, and looks now rather than at its next minute.
apply_again() {
  if [[ -e $home/applied ]]; then
    rm -f "$home/applied"
    systemctl start --no-block llm-cluster-agent.service
  fi
}

# Stops an engine that runs, unless apply.sh has taken over meanwhile.
stop_running() {
  if ! serves; then return 1; fi
  withdraw
  remember phase "$1"
  stop_engine || true
  new_incarnation
}

# The members' answers of this round: whose end of work comes first, and what phase the head is in.
end_of_replica=""
head_phase=""
see_members() {
  local other answer theirs
  end_of_replica=$own_end
  head_phase=$(state phase)
  for ((other = 0; other < NODES_PER_REPLICA; other++)); do
    if [[ $other -eq $rank ]]; then continue; fi
    answer=$(ask_node "$(address_of "$other")") || {
      if [[ $other -eq 0 ]]; then head_phase=gone; fi
      continue
    }
    if [[ $other -eq 0 ]]; then head_phase=$(says "$answer" phase); fi
    theirs=$(says "$answer" drain)
    if [[ -n $theirs && (-z $end_of_replica || ${theirs%% *} -lt ${end_of_replica%% *}) ]]; then
      end_of_replica="${theirs%% *} $(name_of "$other"): ${theirs#* }"
    fi
  done
}

# Readiness goes first. The engine stops when nothing is under way, or when time is up; the engines of the replica's other nodes
# when their head's has.
draining_since=""
drain() {
  local until=${end_of_replica%% *} why=${end_of_replica#* }
  if [[ -z $draining_since ]]; then draining_since=$SECONDS; fi
  withdraw
  report_change draining "$why; requests have until $(date --utc --date "@$until" +%FT%TZ)"
  if (($(date +%s) >= until)) || may_stop; then
    if alone stop_running drained; then report drained "$why"; fi
  fi
}

may_stop() {
  if [[ $rank -eq 0 ]]; then
    ((SECONDS - draining_since >= grace_seconds)) && is_idle
  else
    [[ $head_phase != running ]]
  fi
}

# The notice is gone: the event was cancelled, or is over.
serve_on() {
  draining_since=""
  if [[ $(state phase) == drained ]]; then remember phase stopped; fi
  if serves && [[ ! -e $run/ready ]] && alone be_ready; then report ready; fi
}

be_ready() { serves && touch "$run/ready"; }

# An engine of a set that is broken, or that has stopped by itself, does not serve: this node waits for the others.
leave_broken_set() {
  if [[ $NODES_PER_REPLICA -eq 1 ]] || ! serves; then return; fi
  if ! engine_runs; then
    why_broken="the engine of this node has stopped"
  elif ! set_is_broken; then
    return
  fi
  if alone stop_running stopped; then
    report gang-waiting "$why_broken"
    apply_again
  fi
}

# A new key is taken by applying the release again, which waits for its turn. What cannot be read changes nothing.
key_seen=-$key_seconds
see_key() {
  local key
  if [[ $rank -gt 0 ]] || ! serves || ((SECONDS - key_seen < key_seconds)); then return; fi
  key_seen=$SECONDS
  key=$(timeout 60 aws secretsmanager get-secret-value --region "$LLM_CLUSTER_REGION" --secret-id "$API_KEY_SECRET" --query SecretString --output text 2>/dev/null) || return 0
  if [[ -z $key || $key == *$'\n'* || "VLLM_API_KEY=$key" == "$(cat "$home/engine.secret")" ]]; then return; fi
  echo "llm-cluster: the API key has changed"
  apply_again
}

# The status of an engine that was ready and has stopped answering; systemd starts it again, and then it is ready again.
sick_since=""
see_health() {
  if ! serves || [[ ! -e $run/ready ]]; then return; fi
  if curl --silent --fail --max-time 5 --output /dev/null "http://$local_address:$READINESS_PORT/ready"; then
    sick_since=""
    if [[ $(reported 1) == unhealthy ]]; then report ready; fi
  else
    sick_since=${sick_since:-$SECONDS}
    if ((SECONDS - sick_since >= sick_seconds)); then report_change unhealthy "the engine does not answer its health check"; fi
  fi
}

until identify; do sleep "$watch_seconds"; done
while true; do
  see_notices
  publish_own_end
  see_members
  if [[ -n $end_of_replica ]]; then
    if serves; then drain; fi
  else
    serve_on
    leave_broken_set
    see_key
    see_health
    # Asked for again, should the agent have been about to write that it is applied.
    if [[ $(state phase) == stopped ]]; then apply_again; fi
  fi
  renew_report
  sleep "$watch_seconds"
done
