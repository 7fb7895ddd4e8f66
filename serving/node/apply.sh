#!/usr/bin/env bash
# Brings this node to its release: local disk, weights, image, engine, health. Run by the agent as root.
# The old engine keeps serving until weights and image of the new release are here.
# Exit 0: ready. Exit 75: not now, ask again. Anything else: this release failed.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

readonly try_again=75

fail() {
  report failed "$1"
  exit 1
}

# The Deep Learning AMI stripes the instance-store disks itself and mounts them; only without it do we.
mount_nvme() {
  if mountpoint --quiet "$nvme"; then return; fi
  if systemctl cat dlami-nvme.service >/dev/null 2>&1; then
    wait_for 300 mountpoint --quiet "$nvme" || fail "dlami-nvme.service did not mount $nvme"
    return
  fi
  local disks device
  mapfile -t disks < <(lsblk --nodeps --noheadings --paths --output NAME,MODEL | awk '/Instance Storage/ {print $1}')
  if [[ ${#disks[@]} -eq 0 ]]; then fail "no instance-store disk to hold the weights"; fi
  device=${disks[0]}
  if [[ ${#disks[@]} -gt 1 ]]; then
    device=/dev/md0
    mdadm --create "$device" --run --level=0 --raid-devices="${#disks[@]}" "${disks[@]}"
  fi
  mkfs.ext4 -q "$device"
  mkdir -p "$nvme"
  mount -o noatime "$device" "$nvme"
}

# Copies the weights from the model store. The CRT client fills the network card; the default one does not.
sync_weights() {
  local folder source="s3://$LLM_CLUSTER_BUCKET/$WEIGHTS_PREFIX/"
  folder=$(weights_folder)
  export AWS_CONFIG_FILE=$home/aws-config
  printf '[default]\ns3 =\n  preferred_transfer_client = crt\n  target_bandwidth = 90Gb/s\n' >"$AWS_CONFIG_FILE"
  mkdir -p "$folder"
  if ! aws s3 sync --only-show-errors --region "$LLM_CLUSTER_REGION" "$source" "$folder/"; then
    report weights-failed "could not copy $source"
    exit $try_again
  fi
  if [[ ! -s $folder/config.json ]]; then
    report weights-missing "put the model's files, config.json among them, under $source"
    exit $try_again
  fi
}

# The API key goes from the secret to a file that only root can read, never through user data or a command line.
fetch_api_key() {
  local key
  key=$(aws secretsmanager get-secret-value --region "$LLM_CLUSTER_REGION" --secret-id "$API_KEY_SECRET" --query SecretString --output text) ||
    fail "could not read the API key's secret"
  (umask 077 && printf 'VLLM_API_KEY=%s\n' "$key" >"$home/engine.secret")
}

start_engine() {
  local unit=${LLM_CLUSTER_UNITS:-/etc/systemd/system}/llm-cluster-engine.service
  sed "s|@RELEASE@|$release|g; s|@BUCKET@|$LLM_CLUSTER_BUCKET|g; s|@REGION@|$LLM_CLUSTER_REGION|g" "$release/engine.service" >"$unit"
  systemctl daemon-reload
  systemctl enable --quiet llm-cluster-engine.service
  systemctl restart llm-cluster-engine.service
}

# Health alone can be green while a collective hangs, so the head also answers one token. Workers follow their head.
healthy() { curl --silent --fail --max-time 5 --output /dev/null "http://$head_address:$ENGINE_PORT/health"; }

answers() {
  local header
  header=$(sed -n 's/^VLLM_API_KEY=/Authorization: Bearer /p' "$home/engine.secret")
  curl --silent --fail --max-time 300 --output /dev/null --header @<(printf '%s\n' "$header") --header "Content-Type: application/json" \
    --data "{\"model\":\"$SERVED_MODEL_NAME\",\"prompt\":\"1\",\"max_tokens\":1}" "http://$head_address:$ENGINE_PORT/v1/completions"
}

identify
report preparing
mount_nvme
report fetching-weights
sync_weights
report pulling-image
docker pull --quiet "$ENGINE_IMAGE" >/dev/null || { report image-failed "could not pull $ENGINE_IMAGE" && exit $try_again; }
fetch_api_key
report starting
start_engine
wait_for "$READY_TIMEOUT_SECONDS" healthy || fail "the engine was not healthy after $READY_TIMEOUT_SECONDS seconds; see journalctl -u llm-cluster-engine"
if [[ $rank -eq 0 ]]; then wait_for 300 answers || fail "the engine is healthy but does not answer a request"; fi
report ready
