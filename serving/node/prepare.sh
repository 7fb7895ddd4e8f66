#!/usr/bin/env bash
# Gets this node ready to train: local disk, weights, image, and the command that starts its part of a run. Run by the
# agent as root. It starts no run and stops none: one that is under way goes on with what it began with.
# Exit 0: ready. Exit 75: not now, ask again.
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

# A command by the name of the package, in front of what this release knows.
install_launcher() {
  local command=${LLM_CLUSTER_ROOT:-}/usr/local/bin/llm-cluster-train aside
  mkdir -p "$(dirname "$command")" "$nvme/checkpoints"
  # Written aside and moved: whoever calls it meets the old one or the new one.
  aside=$(mktemp "$command.XXXXXX")
  {
    echo '#!/usr/bin/env bash'
    printf 'export LLM_CLUSTER_RELEASE=%q LLM_CLUSTER_BUCKET=%q LLM_CLUSTER_REGION=%q\n' \
      "$release" "$LLM_CLUSTER_BUCKET" "$LLM_CLUSTER_REGION"
    printf 'exec %q "$@"\n' "$release/train.sh"
  } >"$aside"
  chmod 0755 "$aside"
  mv "$aside" "$command"
}

# The image of the release before would fill the root volume one day. Whatever Docker thinks of its age, this one stays.
forget_image_before() {
  local before
  before=$(cat "$home/training-image" 2>/dev/null || true)
  if [[ -n $before && $before != "$TRAINING_IMAGE" ]]; then docker rmi "$before" >/dev/null 2>&1 || true; fi
  echo "$TRAINING_IMAGE" >"$home/training-image"
}

identify || { echo "llm-cluster: instance metadata does not answer" && exit "$try_again"; }
stage "$TRAINING_IMAGE"
# A node that served before has a watcher that would miss the engine, GPUs that are full, and a key that nobody needs.
start_training_helpers
forget phase
systemctl stop llm-cluster-engine.service >/dev/null 2>&1 || true
rm -f "$home/engine.secret" "$home/engine.secret.next" "$run/ready"
install_launcher || later command-failed "could not write llm-cluster-train"
report ready "start a run with llm-cluster-train on every node"
forget_image_before
