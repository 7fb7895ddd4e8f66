#!/usr/bin/env bash
# The node's constant part: asks the model store which release is current, checks it, and applies it.
# A systemd timer runs it every minute. It changes only with the machine: what a node serves is in the release.
set -euo pipefail

: "${LLM_CLUSTER_BUCKET:?}" "${LLM_CLUSTER_REGION:?}"
home=${LLM_CLUSTER_HOME:-/opt/llm-cluster}
boot_id_file=${LLM_CLUSTER_BOOT_ID:-/proc/sys/kernel/random/boot_id}

# Exit code of apply.sh for "not now, ask again": weights that nobody has pushed yet, say.
readonly try_again=75

say() { echo "llm-cluster-agent: $*"; }
remembered() { cat "$home/$1" 2>/dev/null || true; }
fetch() { aws s3 cp --only-show-errors --region "$LLM_CLUSTER_REGION" "s3://$LLM_CLUSTER_BUCKET/$1" "$2"; }

if ! pointer=$(fetch releases/current -); then
  say "no release yet, or the model store cannot be read"
  exit 0
fi
read -r number sha256 key <<<"$pointer"
if [[ ! $number =~ ^[0-9]+$ || ! $sha256 =~ ^[0-9a-f]{64}$ || ! $key =~ ^releases/[A-Za-z0-9._/-]+$ ]]; then
  say "the pointer is not of the form 'number sha256 key': $pointer"
  exit 1
fi

# "sha256 boot": a reboot applies the release anew, because instance storage may have come back empty.
boot=$(cat "$boot_id_file")
applied=$(remembered applied)
previous=${applied%% *}
wanted=$sha256
if [[ $(remembered failed) == "$sha256" ]]; then wanted=$previous; fi
if [[ $applied == "$wanted $boot" ]]; then exit 0; fi
release="$home/releases/$wanted"

apply() {
  local code=0
  LLM_CLUSTER_RELEASE="$home/releases/$1" "$home/releases/$1/apply.sh" || code=$?
  if [[ $code -eq 0 ]]; then echo "$1 $boot" >"$home/applied"; fi
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

code=0
apply "$wanted" || code=$?
if [[ $code -eq 0 || $code -eq $try_again ]]; then
  if [[ $code -eq $try_again ]]; then say "not ready to apply; asking again in a minute"; fi
elif [[ -n $previous && $previous != "$wanted" ]]; then
  say "release $number failed; going back to the one before"
  echo "$sha256" >"$home/failed"
  LLM_CLUSTER_FAILED_RELEASE=$number apply "$previous"
else
  say "release $number failed, and there is none to go back to; trying again in a minute"
fi
