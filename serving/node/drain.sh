# shellcheck shell=bash disable=SC2154
# Letting go of an engine: no new requests, an end for those under way, then the stop. Sourced after report.sh, never run.

# How long load balancers may take to see that this node is not ready, and how long a change of release or key waits for the
# requests that are under way.
grace_seconds=${LLM_CLUSTER_GRACE_SECONDS:-30}
drain_seconds=${LLM_CLUSTER_DRAIN_SECONDS:-120}

# Whether this node's engine is one that serves, and whether its own notice says that its work is to end.
serves() { [[ $(state phase) == running ]]; }
is_draining() { [[ -n $(state drain) ]]; }

withdraw() { rm -f "$run/ready"; }

# Whether this node's engine has nothing to do. One that is gone has not; one that is too busy to say has.
is_idle() {
  local metrics code=0 port
  port=$(cat "$run/engine-port" 2>/dev/null || echo "$ENGINE_PORT")
  metrics=$(curl --silent --fail --max-time 5 "http://$local_address:$port/metrics") || code=$?
  if [[ $code -ne 0 ]]; then [[ $code -ne 28 ]] && return || return 1; fi
  awk '/^vllm:num_requests_(running|waiting)[ {]/ {sum += $NF} END {exit sum > 0}' <<<"$metrics"
}

stop_engine() { systemctl stop llm-cluster-engine.service; }

# Whether systemd has the engine running.
engine_runs() { systemctl is-active --quiet llm-cluster-engine.service; }

# Before something new is started: the phase is this script's from here on, and the watcher keeps its hands off.
let_go() {
  local served=false until=$((SECONDS + drain_seconds)) grace=$((SECONDS + grace_seconds))
  if serves; then served=true; fi
  alone remember phase switching
  withdraw
  if [[ $served == true && $rank -eq 0 ]] && engine_runs; then
    until ((SECONDS >= grace)) && is_idle || ((SECONDS >= until)); do sleep "$poll_seconds"; done
  fi
  stop_engine >/dev/null 2>&1 || true
  new_incarnation
  remember release "$release_mark"
  forget set
  remember phase waiting
}
