#!/usr/bin/env bash
# Starts this node's part of a run: torchrun with this node's rank, in the image of the release, on every GPU. Call it on
# every node with the same arguments; ranks wait for each other. In the container /model holds the weights (read only),
# /checkpoints is the local disk, and CHECKPOINT_STORE is the place in the model store that nodes may write to.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

if [[ $# -eq 0 || $1 == --help ]]; then
  echo "usage: llm-cluster-train SCRIPT [ARGUMENT ...]"
  echo "runs torchrun SCRIPT on this node's $GPUS_PER_NODE GPUs, as one of $NODES_PER_REPLICA nodes; call it on each of them"
  exit 0
fi
identify
docker_arguments=("${DOCKER_ARGS[@]}")
if [[ $NODES_PER_REPLICA -gt 1 ]]; then
  # Gloo must not choose docker0. EFA-only interfaces have no address, so the default route is the primary's.
  docker_arguments+=(--env "GLOO_SOCKET_IFNAME=$(ip -o -4 route show to default | awk '{print $5; exit}')")
fi
exec docker run --rm --name llm-cluster-training --gpus all --network host --ipc host \
  --ulimit memlock=-1 --ulimit stack=67108864 \
  --env "CHECKPOINT_STORE=s3://$LLM_CLUSTER_BUCKET/$CHECKPOINTS_PREFIX" --env "AWS_REGION=$LLM_CLUSTER_REGION" \
  --volume "$(weights_folder):/model:ro" --volume "$nvme/checkpoints:/checkpoints" \
  "${docker_arguments[@]}" --entrypoint torchrun "$TRAINING_IMAGE" \
  --nnodes "$NODES_PER_REPLICA" --node-rank "$rank" --nproc-per-node "$GPUS_PER_NODE" \
  --master-addr "$head_address" --master-port "$MASTER_PORT" "$@"
