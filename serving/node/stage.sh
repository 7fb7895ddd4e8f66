# shellcheck shell=bash disable=SC2154
# What every release does first: the local disk, and the weights on it. Sourced after common.sh, never run.

readonly try_again=75

# Until something is started nothing condemns a release: what is missing may come, what is broken may be mended.
later() {
  report "$1" "$2"
  exit $try_again
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

# A private image of the account's own registry: the role may read that repository.
log_in() {
  if [[ ! $TRAINING_IMAGE =~ ^[0-9]{12}\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/ ]]; then return; fi
  aws ecr get-login-password --region "${BASH_REMATCH[1]}" |
    docker login --username AWS --password-stdin "${TRAINING_IMAGE%%/*}" >/dev/null
}
