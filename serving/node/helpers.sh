# shellcheck shell=bash disable=SC2154
# What runs beside the engine: readiness server, watcher, metrics. Sourced after common.sh, never run.

units=${LLM_CLUSTER_UNITS:-/etc/systemd/system}

helper_runs() { systemctl is-active --quiet "llm-cluster-$1.service"; }

# The units are not enabled: after a reboot the agent applies the release anew, and with it these. One that runs as it should is
# left alone; one that fails must not keep an engine from starting, and systemd tries it again.
start_helper() {
  local name=$1 user=$2 command=$3 unit=$units/llm-cluster-$1.service text
  text=$(sed "s|@NAME@|$name|g; s|@USER@|$user|g; s|@COMMAND@|$command|g; s|@RELEASE@|$release|g; s|@BUCKET@|$LLM_CLUSTER_BUCKET|g; s|@PREFIX@|${LLM_CLUSTER_PREFIX:-}|g; s|@REGION@|$LLM_CLUSTER_REGION|g" \
    "$release/helper.service")
  if helper_runs "$name" && [[ $(cat "$unit" 2>/dev/null || true) == "$text" ]]; then return; fi
  echo "$text" >"$unit"
  systemctl daemon-reload
  systemctl restart "llm-cluster-$name.service" || true
}

start_serving_helpers() {
  mkdir -p "$run/state"
  start_helper ready DynamicUser=yes "/usr/bin/python3 $release/ready.py $local_address $READINESS_PORT $run http://$head_address:$ENGINE_PORT/health"
  start_helper watch User=root "$release/watch.sh"
  start_helper metrics User=root "$release/metrics.sh"
}

# A run has no readiness; what the GPUs do and what AWS announces is as worth knowing.
start_training_helpers() {
  systemctl stop llm-cluster-ready.service >/dev/null 2>&1 || true
  start_helper watch User=root "$release/watch.sh"
  start_helper metrics User=root "$release/metrics.sh"
}
