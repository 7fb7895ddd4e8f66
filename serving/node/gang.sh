# shellcheck shell=bash disable=SC2034,SC2154
# The nodes of one replica start their engines together, and notice when one of them no longer belongs. Sourced after
# report.sh, never run.
#
# Each start of an engine has an incarnation. A node that is ready to start says so (`waiting`) and takes a new one; when all
# wait, the head writes down the set of incarnations that start together, and those who find themselves in it start. From
# then on a node compares: a member whose incarnation is not the set's has started anew, and engines that do not start
# together do not find each other, so this node stops its own and waits, too. A node restarts only because of what it was
# started with, and a set is only made of nodes that wait, so one failure is one restart of each.

silence_seconds=${LLM_CLUSTER_SILENCE_SECONDS:-180}

address_of() { echo "${NODE_ADDRESSES[replica * NODES_PER_REPLICA + $1]}"; }
name_of() { echo "node $(address_of "$1") (rank $1)"; }

# What a node says of itself, as lines of a name and a value; fails when it does not answer.
ask_node() { curl --silent --fail --max-time 3 "http://$1:$READINESS_PORT/incarnation"; }

# One value of such an answer.
says() { sed -n "s/^$2 //p" <<<"$1"; }

# Fails while all members are those that this node's engine was started with; else sets why_broken. A member that does not
# answer for a while may come back; one that answers with another incarnation has left.
declare -A heard=()
set_is_broken() {
  local set other answer
  IFS=, read -r -a set <<<"$(state set)"
  for ((other = 0; other < NODES_PER_REPLICA; other++)); do
    if [[ $other -eq $rank ]]; then continue; fi
    if answer=$(ask_node "$(address_of "$other")"); then
      heard[$other]=$SECONDS
      if [[ $(says "$answer" incarnation) != "${set[other]:-}" ]]; then
        why_broken="$(name_of "$other") has started anew"
        return 0
      fi
    elif ((SECONDS - ${heard[$other]:=$SECONDS} >= silence_seconds)); then
      why_broken="$(name_of "$other") does not answer"
      return 0
    fi
  done
  return 1
}
