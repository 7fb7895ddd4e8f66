#!/usr/bin/env bash
# Brings this node to its release: local disk, image, weights, key, engine, health. Run by the agent as root.
# The old engine keeps serving until everything of the new release is here and it is this replica's turn.
# Exit 0: ready. Exit 75: not now, ask again. Anything else: the engine of this release does not get ready.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"
# shellcheck source-path=SCRIPTDIR source=report.sh
source "$(dirname "$0")/report.sh"
# shellcheck source-path=SCRIPTDIR source=disks.sh
source "$(dirname "$0")/disks.sh"
# shellcheck source-path=SCRIPTDIR source=images.sh
source "$(dirname "$0")/images.sh"
# shellcheck source-path=SCRIPTDIR source=weights.sh
source "$(dirname "$0")/weights.sh"
# shellcheck source-path=SCRIPTDIR source=stage.sh
source "$(dirname "$0")/stage.sh"
# shellcheck source-path=SCRIPTDIR source=helpers.sh
source "$(dirname "$0")/helpers.sh"
# shellcheck source-path=SCRIPTDIR source=drain.sh
source "$(dirname "$0")/drain.sh"
# shellcheck source-path=SCRIPTDIR source=gang.sh
source "$(dirname "$0")/gang.sh"
# shellcheck source-path=SCRIPTDIR source=join.sh
source "$(dirname "$0")/join.sh"
# shellcheck source-path=SCRIPTDIR source=roll.sh
source "$(dirname "$0")/roll.sh"
# shellcheck source-path=SCRIPTDIR source=notices.sh
source "$(dirname "$0")/notices.sh"

fail() {
  withdraw
  report failed "$1"
  exit 1
}

# What is cut short leaves an engine that belongs to no set; the watcher of a replica over several machines asks for more.
on_exit() {
  if [[ $(state phase) == @(switching|waiting|starting) ]]; then
    new_incarnation
    remember phase stopped
  fi
}

# The API key goes from the secret to a file that only root can read, never through user data or a command line. It is the
# engine's from its next start on.
fetch_api_key() {
  local key
  key=$(aws secretsmanager get-secret-value --region "$LLM_CLUSTER_REGION" --secret-id "$API_KEY_SECRET" --query SecretString --output text) ||
    later key-missing "could not read the API key's secret"
  if [[ -z $key || $key == *$'\n'* ]]; then later key-missing "the API key's secret is not one line of text"; fi
  (umask 077 && printf 'VLLM_API_KEY=%s\n' "$key" >"$home/engine.secret.next")
}

# Not enabled: after a reboot the agent starts it, when disk and weights are there again.
start_engine() {
  local restart=always
  if [[ $NODES_PER_REPLICA -gt 1 ]]; then restart=no; fi
  cp -p "$home/engine.secret.next" "$home/engine.secret"
  echo "$ENGINE_PORT" >"$run/engine-port"
  sed "s|@RELEASE@|$release|g; s|@BUCKET@|$LLM_CLUSTER_BUCKET|g; s|@REGION@|$LLM_CLUSTER_REGION|g; s|@RESTART@|$restart|g" \
    "$release/engine.service" >"$units/llm-cluster-engine.service"
  systemctl daemon-reload
  systemctl restart llm-cluster-engine.service
}

# Ready is an engine of this very release, not an old one that is still up. A follower's is when its head says that the set
# that both were started with serves.
serves_release() {
  local answer
  if [[ $rank -eq 0 ]]; then
    ask_engine "$local_address" /v1/models --max-time 5 | grep --quiet --fixed-strings "\"$engine_mark\""
  else
    answer=$(ask_node "$head_address") && [[ $(says "$answer" phase) == running && $(says "$answer" set) == "$(state set)" ]]
  fi
}

answer_seconds=${LLM_CLUSTER_ANSWER_SECONDS:-300}
# Health can be green while a collective hangs, so the head also answers one token.
answers() {
  ask_engine "$local_address" /v1/completions --max-time "$answer_seconds" --output /dev/null --header "Content-Type: application/json" \
    --data "{\"model\":\"$SERVED_MODEL_NAME\",\"prompt\":\"1\",\"max_tokens\":1}"
}

# Fails when the set is broken before the engine is ready: then all start again. The time that starts take in all is limited.
wait_until_ready() {
  until serves_release; do
    if ((SECONDS >= deadline)); then fail "the engine was not ready after $READY_TIMEOUT_SECONDS seconds; see journalctl -u llm-cluster-engine"; fi
    if is_draining; then
      stop_engine
      later drained "$(state drain | cut -d ' ' -f 2-)"
    fi
    if has_come_apart; then return 1; fi
    pause
  done
  if [[ $rank -eq 0 ]] && ! answers; then
    # When a member has just gone, that is why; the release is not to blame.
    sleep "$((NODES_PER_REPLICA > 1 ? settle_seconds : 0))"
    if has_come_apart; then return 1; fi
    fail "the engine is up but does not answer a request"
  fi
}

settle_seconds=${LLM_CLUSTER_SETTLE_SECONDS:-20}
has_come_apart() { [[ $NODES_PER_REPLICA -gt 1 ]] && { set_is_broken || ! engine_runs; }; }

# The time that is spent waiting for others is not the engine's.
start_together() {
  local left=$READY_TIMEOUT_SECONDS deadline
  # The head is the first to judge.
  if [[ $rank -gt 0 ]]; then left=$((left + 2 * answer_seconds)); fi
  while true; do
    join
    remember phase starting
    report starting
    deadline=$((SECONDS + left))
    start_engine
    start_serving_helpers
    if wait_until_ready; then return; fi
    left=$((deadline - SECONDS))
    sleep "$poll_seconds"
    let_go
  done
}

# A cluster that trained has its GPUs full until the run has ended, which nobody but its owner should do.
free_gpus() {
  if [[ -n $(docker ps --quiet --filter "name=^llm-cluster-training\$") ]]; then
    later training-running "a run is under way; llm-cluster-train --stop ends it"
  fi
  rm -f "${LLM_CLUSTER_ROOT:-}/usr/local/bin/llm-cluster-train"
}

identify || { echo "llm-cluster: instance metadata does not answer" && exit "$try_again"; }
remember failed "$(cut -c 1-12 "$home/failed" 2>/dev/null || true)"
# From the beginning, so that the others of the replica learn what this node waits for. Where an engine serves, its own go on.
if ! serves || ! helper_runs watch; then start_serving_helpers; fi
stage "$ENGINE_IMAGE"
fetch_api_key
free_gpus
wait_for_turn
# Asked here, too: the watcher may not have looked yet.
see_notices
publish_own_end
if is_draining; then later drained "$(state drain | cut -d ' ' -f 2-)"; fi
trap on_exit EXIT
let_go
start_together
remember phase running
touch "$run/ready"
report ready "$(cat "$run/logs-stay" 2>/dev/null || true)"
# Images of earlier releases would fill the root volume one day; a younger one may be wanted back.
docker image prune --all --force --filter until=168h >/dev/null || true
