# shellcheck shell=bash disable=SC2154
# The local disk, and the file system that may hold the weights. Sourced after report.sh, never run.

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

# Mounted here and not in fstab, because the client's module must be there first.
mount_lustre() {
  local said
  if [[ -z $LUSTRE_DNS ]] || mountpoint --quiet "$lustre"; then return; fi
  if ! modprobe lustre >/dev/null 2>&1; then later file-system-missing "the image has no Lustre client for its kernel"; fi
  mkdir -p "$lustre"
  said=$(timeout 120 mount -t lustre -o noatime,flock,lazystatfs "$LUSTRE_DNS@tcp:/$LUSTRE_MOUNT" "$lustre" 2>&1) ||
    later file-system-missing "could not mount $LUSTRE_DNS: ${said##*$'\n'}"
}
