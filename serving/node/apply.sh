#!/usr/bin/env bash
# Brings this node to its release: local disk, weights, image, engine, health. Run by the agent as root.
# The old engine keeps serving until weights and image of the new release are here.
# Exit 0: ready. Exit 75: not now, ask again. Anything else: the engine of this release does not get ready.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

readonly try_again=75
poll_seconds=${LLM_CLUSTER_POLL_SECONDS:-5}

# Until the engine is restarted nothing condemns a release: what is missing may come, what is broken may be mended.
later() {
  report "$1" "$2"
  exit $try_again
}

fail() {
  report failed "$1"
  exit 1
}

# The Deep Learning AMI stripes the instance-store disks itself and mounts them; only without it do we.
mount_nvme() {
  if mountpoint --quiet "$nvme"; then return; fi
  if systemctl cat dlami-nvme.service >/dev/null 2>&1; then later disk-missing "dlami-nvme.service has not mounted $nvme"; fi
  local disks device
  mapfile -t disks < <(lsblk --nodeps --noheadings --paths --output NAME,MODEL | awk '/Instance Storage/ {print $1}')
  if [[ ${#disks[@]} -eq 0 ]]; then later disk-missing "there is no instance-store disk to hold the weights"; fi
  device=${disks[0]}
  if [[ ${#disks[@]} -gt 1 ]]; then
    # After a reboot the array may be there already, under another name.
    device=$(find /dev -maxdepth 1 -name 'md[0-9]*' | head -n 1)
    if [[ -z $device ]]; then
      device=/dev/md0
      mdadm --create "$device" --run --level=0 --raid-devices="${#disks[@]}" "${disks[@]}"
    fi
  fi
  blkid "$device" >/dev/null || mkfs.ext4 -q "$device"
  mkdir -p "$nvme"
  mount -o noatime "$device" "$nvme"
}

# Copies the weights from the model store. The CRT client fills the network card; the default one does not, and of
# version 1 of the command more requests at a time are the most that can be had.
sync_weights() {
  local folder source="s3://$LLM_CLUSTER_BUCKET/$WEIGHTS_PREFIX/" missing
  folder=$(weights_folder)
  export AWS_CONFIG_FILE=$home/aws-config
  printf '[default]\ns3 =\n  preferred_transfer_client = crt\n  target_bandwidth = 90Gb/s\n  max_concurrent_requests = 64\n' >"$AWS_CONFIG_FILE"
  mkdir -p "$folder"
  aws s3 sync --only-show-errors --region "$LLM_CLUSTER_REGION" "$source" "$folder/" || later weights-failed "could not copy $source"
  missing=$(missing_files "$folder")
  if [[ -n $missing ]]; then later weights-missing "$source lacks $missing"; fi
}

# The files that a complete model has and this folder lacks: its settings, and every part that its index names. A copy
# into the store takes long, so a node often meets half of it.
missing_files() {
  local folder=$1 index=$1/model.safetensors.index.json file
  {
    if [[ ! -s $folder/config.json ]]; then echo config.json; fi
    if [[ -s $index ]]; then
      { grep -o '"[^"]*\.safetensors"' "$index" || true; } | tr -d '"' | sort -u | while read -r file; do
        if [[ ! -s $folder/$file ]]; then echo "$file"; fi
      done
    elif ! compgen -G "$folder/*.safetensors" >/dev/null; then
      echo "*.safetensors"
    fi
  } | paste -s -d ' ' | cut -c 1-200
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

identify || { echo "llm-cluster: instance metadata does not answer" && exit $try_again; }
report preparing
mount_nvme
report fetching-weights
sync_weights
report pulling-image
docker pull --quiet "$ENGINE_IMAGE" >/dev/null || later image-failed "could not pull $ENGINE_IMAGE"
fetch_api_key
report starting
start_engine
wait_until_ready
report ready
# Images of earlier releases would fill the root volume one day; a younger one may be wanted back.
docker image prune --all --force --filter until=168h >/dev/null || true
