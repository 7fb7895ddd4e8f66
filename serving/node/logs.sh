# shellcheck shell=bash disable=SC2034,SC2154
# Where a container's output goes. Sourced after common.sh, never run.

# Sets log_arguments, for `docker run`: CloudWatch when the release names a group, else the local driver, which rotates.
# `docker logs` and the journal show the output either way: Docker keeps a copy of what a remote driver sends. The driver
# never makes the engine wait: it drops lines when CloudWatch falls behind. And an engine is not left unstarted for its
# logs' sake: without the stream they stay here, and the status says so.
choose_log_driver() {
  local stream="$1/replica-$replica/rank-$rank/$instance_id" said
  log_arguments=(--log-driver local)
  rm -f "$run/logs-stay"
  if [[ -z $LOG_GROUP ]]; then return; fi
  if said=$(AWS_MAX_ATTEMPTS=2 timeout 30 aws logs create-log-stream --region "$LLM_CLUSTER_REGION" --log-group-name "$LOG_GROUP" --log-stream-name "$stream" 2>&1) ||
    [[ $said == *ResourceAlreadyExistsException* ]]; then
    log_arguments=(--log-driver awslogs --log-opt mode=non-blocking --log-opt max-buffer-size=25m
      --log-opt "awslogs-region=$LLM_CLUSTER_REGION" --log-opt "awslogs-group=$LOG_GROUP" --log-opt "awslogs-stream=$stream")
  else
    mkdir -p "$run"
    echo "logs stay on the node: no stream in $LOG_GROUP" >"$run/logs-stay"
  fi
}
