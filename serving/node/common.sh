# shellcheck shell=bash disable=SC2034
# What apply.sh and engine.sh share: who this node is, and how it reports. Sourced, never run.

home=${LLM_CLUSTER_HOME:-/opt/llm-cluster}
release=${LLM_CLUSTER_RELEASE:?}
imds=${LLM_CLUSTER_IMDS:-http://169.254.169.254}
nvme=${LLM_CLUSTER_NVME:-/opt/dlami/nvme}

# shellcheck source=/dev/null
source "$release/release.env"

# Instance metadata, version 2 only: a token first, then the question.
metadata() {
  local token
  token=$(curl --silent --fail --retry 5 --retry-connrefused -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 300" "$imds/latest/api/token")
  curl --silent --fail --retry 5 -H "X-aws-ec2-metadata-token: $token" "$imds/latest/meta-data/$1"
}

# Rank and replica were fixed when the cluster was planned, and came with the instance as its tags.
identify() {
  instance_id=$(metadata instance-id)
  local_address=$(metadata local-ipv4)
  replica=$(metadata tags/instance/llm-cluster-replica)
  rank=$(metadata tags/instance/llm-cluster-rank)
  if [[ $NODES_PER_REPLICA -gt 1 ]]; then head_address=${HEAD_ADDRESSES[$replica]}; else head_address=$local_address; fi
}

weights_folder() { echo "$nvme/$WEIGHTS_PREFIX"; }

# Tells the model store which stage this node is at, since when, and why. A report that cannot be sent stops nothing.
report() {
  local stage=$1 reason=${2:-}
  echo "llm-cluster: $stage${reason:+: $reason}"
  printf '{"stage":"%s","reason":"%s","since":"%s","release":%s,"failedRelease":%s,"instanceId":"%s"}\n' \
    "$stage" "${reason//[\"\\]/ }" "$(date --utc +%FT%TZ)" "$RELEASE_NUMBER" "${LLM_CLUSTER_FAILED_RELEASE:-null}" "$instance_id" |
    aws s3 cp --only-show-errors --region "$LLM_CLUSTER_REGION" - "s3://$LLM_CLUSTER_BUCKET/status/$replica/rank-$rank.json" || true
}

# Asks until a command succeeds or the seconds are over.
wait_for() {
  local seconds=$1
  shift
  local deadline=$((SECONDS + seconds))
  until "$@"; do
    if ((SECONDS >= deadline)); then return 1; fi
    sleep "${LLM_CLUSTER_POLL_SECONDS:-5}"
  done
}
