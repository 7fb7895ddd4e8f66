# shellcheck shell=bash disable=SC2154
# In which order a service takes something new: a release, or a key. Sourced after gang.sh, never run.
#
# Everything is brought to all nodes at once; then one replica after the other lets go of what it serves, each when the one
# before it serves the new. A node that serves nothing has nothing to keep, and does not wait.

# Asks an engine something, with the key that is to come.
ask_engine() {
  local address=$1 path=$2 header
  shift 2
  header=$(sed -n 's/^VLLM_API_KEY=/Authorization: Bearer /p' "$home/engine.secret.next")
  curl --silent --fail --header @<(printf '%s\n' "$header") "$@" "http://$address:$ENGINE_PORT$path"
}

wait_for_turn() {
  if [[ $rank -gt 0 ]]; then
    wait_for_head
  else
    wait_for_followers
    if [[ $replica -gt 0 ]]; then wait_for_replica_before; fi
  fi
}

# A follower lets go when its head has.
wait_for_head() {
  local answer
  while serves; do
    if answer=$(ask_node "$head_address") && [[ $(says "$answer" release) == "$release_mark" ]]; then return; fi
    report_change waiting-for-replica "$(name_of 0) has not begun release $RELEASE_NUMBER yet"
    pause
  done
}

# A head lets go when its followers have everything, too.
wait_for_followers() {
  local other answer
  for ((other = 1; other < NODES_PER_REPLICA; other++)); do
    while serves; do
      if answer=$(ask_node "$(address_of "$other")") && [[ $(says "$answer" staged) == "$release_mark" ]]; then break; fi
      report_change waiting-for-replica "$(name_of "$other") does not have release $RELEASE_NUMBER yet"
      pause
    done
  done
}

# A replica that is dead, or waits for a machine, does not stop the others for ever: each has the time that all before it may
# take. One that is starting is waited for: it will be ready or say that the release failed, and then the rest goes on
# serving what works.
wait_for_replica_before() {
  local before=${NODE_ADDRESSES[(replica - 1) * NODES_PER_REPLICA]} name answer
  local patience=$((SECONDS + replica * READY_TIMEOUT_SECONDS))
  name="replica $((replica - 1)) ($before)"
  while serves && ((SECONDS < patience)); do
    if serves_the_new "$before"; then break; fi
    if answer=$(ask_node "$before"); then
      stop_if_left "$answer" "$name"
      if is_starting "$answer" && ((patience < SECONDS + 60)); then patience=$((SECONDS + 60)); fi
    fi
    report_change waiting-for-replica "$name does not serve release $RELEASE_NUMBER with the present key yet"
    pause
  done
  forget held
}

# Handed on from replica to replica: the next asks this one only.
stop_if_left() {
  if [[ $(says "$1" failed) != "$release_mark" && $(says "$1" held) != "$release_mark" ]]; then return; fi
  remember held "$release_mark"
  later waiting-for-replica "$2 has left release $RELEASE_NUMBER or does not try it, so it is not tried here"
}

is_starting() {
  local phase
  phase=$(says "$1" phase)
  [[ $phase == switching || ($phase == starting && $(says "$1" release) == "$release_mark") ]]
}

# Where only the key is new, an engine that takes the key is enough: it may be of the release before a failed one.
serves_the_new() {
  local models
  models=$(ask_engine "$1" /v1/models --max-time 5) || return 1
  [[ $(state release) == "$release_mark" || $models == *"\"$engine_mark\""* ]]
}
