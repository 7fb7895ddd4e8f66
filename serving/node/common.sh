# shellcheck shell=bash disable=SC2034
# What apply.sh and engine.sh share: who this node is, and how it reports. Sourced, never run.

home=${LLM_CLUSTER_HOME:-/opt/llm-cluster}
release=${LLM_CLUSTER_RELEASE:?}
imds=${LLM_CLUSTER_IMDS:-http://169.254.169.254}
nvme=${LLM_CLUSTER_NVME:-/opt/dlami/nvme}

# shellcheck source=/dev/null
source "$release/release.env"

# The second name that an engine of this release answers to: how a node tells it from the engine of another release.
engine_mark="$SERVED_MODEL_NAME@$(basename "$release" | cut -c 1-12)"

# Instance metadata, version 2 only: a token first, then the question.
metadata() {
  local token
  token=$(curl --silent --fail --retry 5 --retry-connrefused -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 300" "$imds/latest/api/token")
  curl --silent --fail --retry 5 -H "X-aws-ec2-metadata-token: $token" "$imds/latest/meta-data/$1"
}

# The node's index came with the instance, as its tag; the release says how nodes are grouped into replicas.
identify() {
  local index
  instance_id=$(metadata instance-id) && local_address=$(metadata local-ipv4) && index=$(metadata tags/instance/llm-cluster-index) || return
  replica=$((index / NODES_PER_REPLICA))
  rank=$((index % NODES_PER_REPLICA))
  head_address=${NODE_ADDRESSES[replica * NODES_PER_REPLICA]}
}

weights_folder() { echo "$nvme/$WEIGHTS_PREFIX"; }

# Tells the model store which stage this node is at, since when, and why. A report that cannot be sent stops nothing.
report() {
  local stage=$1 reason=${2:-}
  # Whatever would break the JSON's quotes or lines is not worth reporting.
  reason=${reason//[^a-zA-Z0-9 .,:;\/_*@-]/ }
  echo "llm-cluster: $stage${reason:+: $reason}"
  printf '{"stage":"%s","reason":"%s","since":"%s","release":%s,"failedRelease":%s,"instanceId":"%s"}\n' \
    "$stage" "$reason" "$(date --utc +%FT%TZ)" "$RELEASE_NUMBER" "${LLM_CLUSTER_FAILED_RELEASE:-null}" "$instance_id" |
    aws s3 cp --only-show-errors --region "$LLM_CLUSTER_REGION" - "s3://$LLM_CLUSTER_BUCKET/${LLM_CLUSTER_PREFIX:-}status/$replica/rank-$rank.json" || true
}
