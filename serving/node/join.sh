# shellcheck shell=bash disable=SC2034,SC2154
# The way into a set: how the nodes of a replica come to start their engines together. Sourced after gang.sh, never run.

# Waits until this node's incarnation is in a set that starts now. A member that is not there condemns no release; one that
# has left this release does, because the replica can only go on together.
join() {
  heard=()
  if [[ $NODES_PER_REPLICA -eq 1 ]]; then
    remember set "$(state incarnation)"
  elif [[ $rank -eq 0 ]]; then
    lead
  else
    follow
  fi
}

lead() {
  until everyone_waits; do
    remember waits "$waits"
    wait_for_members "$waits"
  done
  remember set "$set_of_waiting"
  forget waits
}

# Whether all others wait to start this release; sets set_of_waiting, or what is waited for.
everyone_waits() {
  local other answer phase
  set_of_waiting=$(state incarnation)
  for ((other = 1; other < NODES_PER_REPLICA; other++)); do
    waits="$(name_of "$other")"
    answer=$(ask_node "$(address_of "$other")") || {
      waits+=" does not answer"
      return 1
    }
    note_failure "$answer"
    phase=$(says "$answer" phase)
    if [[ $(says "$answer" release) != "$release_mark" || $phase != waiting ]]; then
      waits+=" is not waiting to start this release yet"
      return 1
    fi
    set_of_waiting+=",$(says "$answer" incarnation)"
  done
}

follow() {
  local answer set waits
  while true; do
    waits="$(name_of 0) does not answer"
    if answer=$(ask_node "$head_address"); then
      note_failure "$answer"
      IFS=, read -r -a set <<<"$(says "$answer" set)"
      if [[ $(says "$answer" release) == "$release_mark" && ${set[rank]:-} == "$(state incarnation)" ]]; then break; fi
      waits=$(says "$answer" waits)
    fi
    wait_for_members "${waits:-$(name_of 0) is not waiting to start this release yet}"
  done
  remember set "$(says "$answer" set)"
}

wait_for_members() {
  if [[ -n $left_release ]]; then fail "$left_release"; fi
  if is_draining; then later drained "$(state drain | cut -d ' ' -f 2-)"; fi
  report_change gang-waiting "$1"
  pause
}

# A member for which this release did not get ready has gone back to the one before it.
left_release=""
note_failure() {
  if [[ $(says "$1" failed) == "$release_mark" ]]; then left_release="another node of the replica has left this release"; fi
}
