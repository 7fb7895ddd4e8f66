#!/usr/bin/env bash
# Runs the engine in Docker, in the foreground, under systemd. Rank 0 of a replica serves; the others follow it.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"
# shellcheck source-path=SCRIPTDIR source=logs.sh
source "$(dirname "$0")/logs.sh"
# shellcheck source-path=SCRIPTDIR source=weights.sh
source "$(dirname "$0")/weights.sh"

identify
choose_log_driver engine
arguments=(--served-model-name "$SERVED_MODEL_NAME" "$engine_mark" "${ENGINE_ARGS[@]}")
docker_arguments=("${DOCKER_ARGS[@]}")
if [[ $NODES_PER_REPLICA -gt 1 ]]; then
  arguments+=(--nnodes "$NODES_PER_REPLICA" --node-rank "$rank" --master-addr "$head_address" --master-port "$MASTER_PORT")
  if [[ $rank -gt 0 ]]; then arguments+=(--headless); fi
  # Gloo must not choose docker0. EFA-only interfaces have no address, so the default route is the primary's.
  docker_arguments+=(--env "GLOO_SOCKET_IFNAME=$(ip -o -4 route show to default | awk '{print $5; exit}')")
fi
mkdir -p "$nvme/engine-cache"
exec docker run --rm --name llm-cluster-engine --gpus all --network host --ipc host \
  "${log_arguments[@]}" --ulimit memlock=-1 --ulimit stack=67108864 \
  --env-file "$home/engine.secret" --env "VLLM_HOST_IP=$local_address" \
  --volume "$(weights_folder):/model:ro" --volume "$nvme/engine-cache:/root/.cache" \
  "${docker_arguments[@]}" "$ENGINE_IMAGE" /model "${arguments[@]}"
