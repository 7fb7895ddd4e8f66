# shellcheck shell=bash disable=SC2154
# Container images: registries of the account's own, and what is there already. Sourced after report.sh, never run.

# A private image of an account's own registry: the role may read that repository. Any region, and any other account.
log_in() {
  local image=$1
  if [[ ! $image =~ ^[0-9]{12}\.dkr\.ecr(-fips)?\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?/ ]]; then return; fi
  aws ecr get-login-password --region "${BASH_REMATCH[2]}" |
    docker login --username AWS --password-stdin "${image%%/*}" >/dev/null
}

has_image() { docker image inspect "$1" >/dev/null 2>&1; }

# A registry that is away stops nobody who has the image.
pull_image() {
  local image=$1
  { log_in "$image" && docker pull --quiet "$image" >/dev/null; } || has_image "$image" || later image-failed "could not pull $image"
}
