#!/usr/bin/env bash
# Starts this node's part of a run: torchrun with this node's rank, in the image of the release, on every GPU. Call it on
# every node with the same arguments; ranks wait for each other. The run goes on when the shell that called it is closed.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"
# shellcheck source-path=SCRIPTDIR source=images.sh
source "$(dirname "$0")/images.sh"
# shellcheck source-path=SCRIPTDIR source=logs.sh
source "$(dirname "$0")/logs.sh"
# shellcheck source-path=SCRIPTDIR source=weights.sh
source "$(dirname "$0")/weights.sh"

readonly container=llm-cluster-training

usage() {
  cat <<TEXT
usage: llm-cluster-train SCRIPT [ARGUMENT ...]   start this node's part of a run, and show what it prints
       llm-cluster-train --logs                  show what the run on this node prints
       llm-cluster-train --stop                  end the run on this node

Runs torchrun SCRIPT on this node's $GPUS_PER_NODE GPUs, as one of $NODES_PER_REPLICA nodes; call it on each of them, as root.
In the container:
  /recipe       where it starts: s3://$LLM_CLUSTER_BUCKET/$RECIPE_PREFIX/, copied anew each time; run.env in it is its environment
  /model        the weights, to read
  /checkpoints  this node's disk; CHECKPOINT_STORE is the place in the model store that may be written. notice.json in it is what
                AWS announces for this machine, while it does: kind, at, what
  /fsx          the file system, where the cluster has one
TEXT
}

is_running() { [[ -n $(docker ps --quiet --filter "name=^$container\$") ]]; }

case ${1:-} in
  "")
    usage >&2
    exit 2
    ;;
  --help)
    usage
    exit 0
    ;;
  --logs) exec docker logs --follow "$container" ;;
  --stop) exec docker stop --time 120 "$container" ;;
esac

identify || {
  echo "llm-cluster-train: instance metadata does not answer" >&2
  exit 1
}
if is_running; then
  echo "llm-cluster-train: a run is under way; --logs shows it, --stop ends it" >&2
  exit 1
fi
recipe=$nvme/recipe
mkdir -p "$recipe"
aws s3 sync --only-show-errors --delete --region "$LLM_CLUSTER_REGION" "s3://$LLM_CLUSTER_BUCKET/$RECIPE_PREFIX/" "$recipe/" || {
  echo "llm-cluster-train: could not copy s3://$LLM_CLUSTER_BUCKET/$RECIPE_PREFIX/" >&2
  exit 1
}
docker_arguments=("${DOCKER_ARGS[@]}")
if [[ -f $recipe/run.env ]]; then docker_arguments+=(--env-file "$recipe/run.env"); fi
if [[ $NODES_PER_REPLICA -gt 1 ]]; then
  # Gloo must not choose docker0. EFA-only interfaces have no address, so the default route is the primary's.
  docker_arguments+=(--env "GLOO_SOCKET_IFNAME=$(ip -o -4 route show to default | awk '{print $5; exit}')")
fi
if [[ -n $LUSTRE_DNS ]]; then docker_arguments+=(--volume "$lustre:/fsx"); fi
choose_log_driver training
docker rm --force "$container" >/dev/null 2>&1 || true
if ! has_image "$TRAINING_IMAGE"; then
  { log_in "$TRAINING_IMAGE" && docker pull --quiet "$TRAINING_IMAGE" >/dev/null; } || {
    echo "llm-cluster-train: could not pull $TRAINING_IMAGE" >&2
    exit 1
  }
fi
docker run --detach --init --name "$container" --gpus all --network host --ipc host \
  "${log_arguments[@]}" --ulimit memlock=-1 --ulimit stack=67108864 \
  --env "CHECKPOINT_STORE=s3://$LLM_CLUSTER_BUCKET/$CHECKPOINTS_PREFIX/" --env "AWS_REGION=$LLM_CLUSTER_REGION" \
  --volume "$(weights_folder):/model:ro" --volume "$nvme/checkpoints:/checkpoints" --volume "$recipe:/recipe" --workdir /recipe \
  "${docker_arguments[@]}" --entrypoint torchrun "$TRAINING_IMAGE" \
  --nnodes "$NODES_PER_REPLICA" --node-rank "$rank" --nproc-per-node "$GPUS_PER_NODE" \
  --master-addr "$head_address" --master-port "$MASTER_PORT" "$@" >/dev/null
docker logs --follow "$container"
exit "$(docker wait "$container")"
