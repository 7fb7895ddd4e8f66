#!/usr/bin/env bash
# The node's constant part: asks the model store which release is current, checks it, and applies it.
# A systemd timer runs it every minute. It changes only with the machine: what a node serves is in the release.
set -euo pipefail

: "${LLM_CLUSTER_BUCKET:?}" "${LLM_CLUSTER_REGION:?}"
home=${LLM_CLUSTER_HOME:-/opt/llm-cluster}
boot_id_file=${LLM_CLUSTER_BOOT_ID:-/proc/sys/kernel/random/boot_id}
store="s3://$LLM_CLUSTER_BUCKET/"

# Exit code of apply.sh for "not now, ask again": weights that nobody has pushed yet, say.
readonly try_again=75

say() { echo "llm-cluster-agent: $*"; }
remembered() { cat "$home/$1" 2>/dev/null || true; }
fetch() { aws s3 cp --only-show-errors --region "$LLM_CLUSTER_REGION" "$store$1" "$2"; }

pointer_key="${LLM_CLUSTER_PREFIX:-}releases/current"
if ! pointer=$(fetch "$pointer_key" -); then
  say "no release yet, or the model store cannot be read"
  exit 0
fi
read -r number sha256 key <<<"$pointer"
if [[ ! $number =~ ^[0-9]+$ || ! $sha256 =~ ^[0-9a-f]{64}$ || $key == *..* || $key != "${LLM_CLUSTER_PREFIX:-}releases/"* ]]; then
  say "the pointer is not of the form 'number sha256 key': $pointer"
  exit 1
fi

# What is remembered: `applied`, the release that is running and the boot it was started in, because a reboot applies it
# anew (instance storage may have come back empty); `good`, the last one that got ready; `failed`, one not to try again.
boot=$(cat "$boot_id_file")
good=$(remembered good)
wanted=$sha256
if [[ $(remembered failed) == "$sha256" ]]; then wanted=$good; fi
if [[ $(remembered applied) == "$wanted $boot" ]]; then exit 0; fi
release="$home/releases/$wanted"

apply() {
  local code=0
  # Forgotten first: an apply that is cut short must not look like one that was not needed.
  rm -f "$home/applied"
  LLM_CLUSTER_RELEASE="$home/releases/$1" LLM_CLUSTER_POINTER="$pointer" "$home/releases/$1/apply.sh" || code=$?
  if [[ $code -eq 0 ]]; then
    echo "$1 $boot" >"$home/applied"
    echo "$1" >"$home/good"
  fi
  return $code
}

if [[ ! -x $release/apply.sh ]]; then
  say "release $number ($sha256)"
  download=$(mktemp)
  trap 'rm -f "$download"' EXIT
  fetch "$key" "$download"
  # Nothing that was fetched runs before its checksum is right. The pointer is written after the release, so a node
  # that meets an old pointer beside a new release just asks again.
  if ! echo "$sha256  $download" | sha256sum --check --status; then
    say "checksum of $key is not the pointer's; asking again"
    exit 0
  fi
  bash "$download" "$release"
fi

if [[ $wanted != "$sha256" ]]; then export LLM_CLUSTER_FAILED_RELEASE=$number; fi
code=0
apply "$wanted" || code=$?
if [[ $code -eq $try_again ]]; then
  say "not ready to apply; asking again in a minute"
elif [[ $code -ne 0 && -n $good && $good != "$wanted" ]]; then
  say "release $number failed; going back to the one before"
  echo "$sha256" >"$home/failed"
  LLM_CLUSTER_FAILED_RELEASE=$number apply "$good"
elif [[ $code -ne 0 ]]; then
  say "release $number failed, and there is none to go back to; trying again in a minute"
fi
