#!/usr/bin/env bash
# Brings this node to its release: local disk, weights, image, engine, health. Run by the agent as root.
# The old engine keeps serving until weights and image of the new release are here.
# Exit 0: ready. Exit 75: not now, ask again. Anything else: the engine of this release does not get ready.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"
# shellcheck source-path=SCRIPTDIR source=stage.sh
source "$(dirname "$0")/stage.sh"

poll_seconds=${LLM_CLUSTER_POLL_SECONDS:-5}

fail() {
  report failed "$1"
  exit 1
}

# The API key goes from the secret to a file that only root can read, never through user data or a command line.
fetch_api_key() {
  local key
  key=$(aws secretsmanager get-secret-value --region "$LLM_CLUSTER_REGION" --secret-id "$API_KEY_SECRET" --query SecretString --output text) ||
    later key-missing "could not read the API key's secret"
  if [[ -z $key || $key == *$'\n'* ]]; then later key-missing "the API key's secret is not one line of text"; fi
  (umask 077 && printf 'VLLM_API_KEY=%s\n' "$key" >"$home/engine.secret")
}

# Not enabled: after a reboot the agent starts it, when disk and weights are there again.
start_engine() {
  local unit=${LLM_CLUSTER_UNITS:-/etc/systemd/system}/llm-cluster-engine.service
  sed "s|@RELEASE@|$release|g; s|@BUCKET@|$LLM_CLUSTER_BUCKET|g; s|@REGION@|$LLM_CLUSTER_REGION|g" "$release/engine.service" >"$unit"
  systemctl daemon-reload
  systemctl restart llm-cluster-engine.service
}

# Asks the head's engine something, with the key.
ask_head() {
  local path=$1 header
  shift
  header=$(sed -n 's/^VLLM_API_KEY=/Authorization: Bearer /p' "$home/engine.secret")
  curl --silent --fail --header @<(printf '%s\n' "$header") "$@" "http://$head_address:$ENGINE_PORT$path"
}

# Ready is the head's engine of this very release: its old engine, which may still be up when a follower asks, is not.
serves_release() { ask_head /v1/models --max-time 5 | grep --quiet --fixed-strings "\"$engine_mark\""; }

# Health can be green while a collective hangs, so the head also answers one token.
answers() {
  ask_head /v1/completions --max-time 300 --output /dev/null --header "Content-Type: application/json" \
    --data "{\"model\":\"$SERVED_MODEL_NAME\",\"prompt\":\"1\",\"max_tokens\":1}"
}

# A newer release need not wait for this one to fail.
superseded() {
  local now
  now=$(aws s3 cp --only-show-errors --region "$LLM_CLUSTER_REGION" "s3://$LLM_CLUSTER_BUCKET/${LLM_CLUSTER_PREFIX:-}releases/current" - 2>/dev/null) || return
  [[ $now != "${LLM_CLUSTER_POINTER:-$now}" ]]
}

wait_until_ready() {
  local deadline=$((SECONDS + READY_TIMEOUT_SECONDS)) polls=0
  until serves_release; do
    if ((SECONDS >= deadline)); then fail "the engine was not ready after $READY_TIMEOUT_SECONDS seconds; see journalctl -u llm-cluster-engine"; fi
    if ((++polls % 6 == 0)) && superseded; then later superseded "a newer release is current"; fi
    sleep "$poll_seconds"
  done
  if [[ $rank -eq 0 ]] && ! answers; then fail "the engine is up but does not answer a request"; fi
}

# A cluster that trained has its GPUs full until the run has ended, which nobody but its owner should do.
free_gpus() {
  if [[ -n $(docker ps --quiet --filter "name=^llm-cluster-training\$") ]]; then
    later training-running "a run is under way; llm-cluster-train --stop ends it"
  fi
  rm -f "${LLM_CLUSTER_ROOT:-}/usr/local/bin/llm-cluster-train"
}

identify || { echo "llm-cluster: instance metadata does not answer" && exit $try_again; }
report preparing
mount_nvme
report fetching-weights
sync_weights
report pulling-image
docker pull --quiet "$ENGINE_IMAGE" >/dev/null || later image-failed "could not pull $ENGINE_IMAGE"
fetch_api_key
free_gpus
report starting
start_engine
wait_until_ready
report ready
# Images of earlier releases would fill the root volume one day; a younger one may be wanted back.
docker image prune --all --force --filter until=168h >/dev/null || true
