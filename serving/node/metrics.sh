#!/usr/bin/env bash
# What is measured on a node: the DCGM exporter for whoever scrapes, and the GPUs' mean utilisation for an alarm. Nothing here is
# needed to serve, so nothing that fails here stops anything: it is tried again.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"
# shellcheck source-path=SCRIPTDIR source=images.sh
source "$(dirname "$0")/images.sh"

# A log-in of its own, because the engine's registry may be another one, and both may log in at the same time.
export DOCKER_CONFIG=$home/docker-metrics
sample_seconds=${LLM_CLUSTER_SAMPLE_SECONDS:-5}
samples_per_report=${LLM_CLUSTER_SAMPLES:-12}
readonly exporter=llm-cluster-dcgm

# The exporter of this release's image, with the host's network, as NVIDIA's guide runs it; it has a host engine of its own.
run_exporter() {
  if [[ -z $DCGM_IMAGE ]]; then
    docker rm --force "$exporter" >/dev/null 2>&1 || true
    return
  fi
  if [[ -n $(docker ps --quiet --filter "name=^$exporter\$" --filter "label=llm-cluster-image=$DCGM_IMAGE") ]]; then return; fi
  has_image "$DCGM_IMAGE" || { log_in "$DCGM_IMAGE" && timeout 900 docker pull --quiet "$DCGM_IMAGE" >/dev/null; } || return
  docker rm --force "$exporter" >/dev/null 2>&1 || true
  docker run --detach --name "$exporter" --label "llm-cluster-image=$DCGM_IMAGE" --restart unless-stopped --log-driver local --gpus all --network host \
    --cap-add SYS_ADMIN --env "DCGM_EXPORTER_LISTEN=$local_address:$METRICS_PORT" "$DCGM_IMAGE" >/dev/null
}

# Mean over the GPUs of one look, percent.
look() { nvidia-smi --query-gpu=utilization.gpu --format=csv,noheader,nounits | awk '{sum += $1} END {if (NR) print sum / NR}'; }

# Mean of a minute's looks: one look is the last second of an engine that works in bursts.
send_utilization() {
  local mean
  mean=$(awk '{sum += $1} END {if (NR) printf "%.1f", sum / NR}' <<<"$1")
  if [[ -z $mean || -z $METRIC_CLUSTER ]]; then return; fi
  timeout 60 aws cloudwatch put-metric-data --region "$LLM_CLUSTER_REGION" --namespace "$METRIC_NAMESPACE" \
    --metric-name GpuUtilization --unit Percent --dimensions "Cluster=$METRIC_CLUSTER" --value "$mean"
}

until identify; do sleep "$sample_seconds"; done
while true; do
  run_exporter || echo "llm-cluster: the DCGM exporter does not run; trying again"
  samples=""
  for ((sample = 0; sample < samples_per_report; sample++)); do
    samples+=$(look || true)$'\n'
    sleep "$sample_seconds"
  done
  send_utilization "$(grep . <<<"$samples" || true)" || echo "llm-cluster: could not send the GPUs' utilisation"
done
