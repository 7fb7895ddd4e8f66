# shellcheck shell=bash disable=SC2154
# Brings everything that a release needs to this node; nothing that runs is touched. Sourced after weights.sh, never run.

# Brings disk, image and weights. A release that was brought here since the last boot is not brought again: an engine that has to
# restart with the others of its replica must not wait for a store or a registry.
stage() {
  local image=$1
  if [[ $(state staged) == "$release_mark" ]] && has_image "$image" && [[ -z $(missing_files "$(weights_folder)") ]]; then return; fi
  report preparing
  mount_nvme
  mount_lustre
  report pulling-image
  pull_image "$image"
  report fetching-weights
  fetch_weights
  remember staged "$release_mark"
}
