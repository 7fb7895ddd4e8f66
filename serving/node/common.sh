# shellcheck shell=bash disable=SC2034
# What every script of a release shares: who this node is, and what it remembers until the next boot. Sourced, never run.

home=${LLM_CLUSTER_HOME:-/opt/llm-cluster}
release=${LLM_CLUSTER_RELEASE:?}
imds=${LLM_CLUSTER_IMDS:-http://169.254.169.254}
nvme=${LLM_CLUSTER_NVME:-/opt/dlami/nvme}
lustre=${LLM_CLUSTER_LUSTRE:-/fsx}
# Empty after a boot, which is what everything here should be then.
run=${LLM_CLUSTER_RUN:-/run/llm-cluster}
poll_seconds=${LLM_CLUSTER_POLL_SECONDS:-5}

# shellcheck source=/dev/null
source "$release/release.env"

# What tells this release from another: the second name that its engine answers to ends in it.
release_mark=$(basename "$release" | cut -c 1-12)
engine_mark="$SERVED_MODEL_NAME@$release_mark"

# Instance metadata, version 2 only: a token first, then the question.
metadata() {
  local token
  token=$(curl --silent --fail --max-time 10 --retry 5 --retry-connrefused -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 300" "$imds/latest/api/token")
  curl --silent --fail --max-time 10 --retry 5 -H "X-aws-ec2-metadata-token: $token" "$imds/latest/meta-data/$1"
}

# The node's index came with the instance, as its tag; the release says how nodes are grouped into replicas.
identify() {
  local index
  instance_id=$(metadata instance-id) && local_address=$(metadata local-ipv4) && index=$(metadata tags/instance/llm-cluster-index) || return
  replica=$((index / NODES_PER_REPLICA))
  rank=$((index % NODES_PER_REPLICA))
  head_address=${NODE_ADDRESSES[replica * NODES_PER_REPLICA]}
}

# What this node says to the others of its replica, one file a fact: `/incarnation` of the readiness server shows them all.
#   incarnation  which start of the engine this is; another one whenever the engine stops or starts
#   set          the incarnations, by rank, of those that started together
#   phase        switching, waiting, starting, running, drained or stopped: what becomes of the engine
#   release      mark of the release that the engine is of; `staged` (everything of it is here), `failed` (it did not get ready
#                here) and `held` (it did not on a replica before this one) are marks, too
#   drain        until when (seconds of the epoch) this node's own notice lets it work, and why
#   waits        what a head that waits for the others waits for
state() { cat "$run/state/$1" 2>/dev/null || true; }

remember() {
  local aside
  mkdir -p "$run/state"
  # Written aside and moved, so that whoever reads meets the old or the new.
  aside=$(mktemp "$run/.$1.XXXXXX")
  printf '%s\n' "$2" >"$aside"
  chmod 0644 "$aside"
  mv "$aside" "$run/state/$1"
}

forget() { rm -f "$run/state/$1"; }

new_incarnation() { remember incarnation "$(cat "${LLM_CLUSTER_UUID:-/proc/sys/kernel/random/uuid}")"; }

# Changes of the phase are made one at a time: apply.sh and watch.sh both make them.
alone() {
  mkdir -p "$run"
  (
    flock 8
    "$@"
  ) 8>"$run/lock"
}
