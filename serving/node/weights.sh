# shellcheck shell=bash disable=SC2154
# The model's weights on the local disk: from the store, from a file system that shows the store, or from Hugging Face,
# and whether they are all there. Sourced after images.sh, never run.

# A folder of its own for each revision of a repository: other weights must not be mixed in.
weights_folder() {
  if [[ $WEIGHTS_FROM == huggingFace ]]; then
    echo "$nvme/huggingface/$HF_REPOSITORY/${HF_REVISION//\//_}"
  else
    echo "$nvme/$WEIGHTS_PREFIX"
  fi
}

fetch_weights() {
  mkdir -p "$(weights_folder)"
  if [[ $WEIGHTS_FROM == huggingFace ]]; then
    download_weights
  elif [[ -n $LUSTRE_DNS ]]; then
    fetch_checked "$lustre/$WEIGHTS_PREFIX" copy_weights
  else
    fetch_checked "s3://$LLM_CLUSTER_BUCKET/$WEIGHTS_PREFIX/" sync_weights
  fi
}

# Copies the weights from the model store. The CRT client fills the network card; the default one does not, and of
# version 1 of the command more requests at a time are the most that can be had.
sync_weights() {
  export AWS_CONFIG_FILE=$home/aws-config
  printf '[default]\ns3 =\n  preferred_transfer_client = crt\n  target_bandwidth = 90Gb/s\n  max_concurrent_requests = 64\n' >"$AWS_CONFIG_FILE"
  aws s3 sync --only-show-errors --region "$LLM_CLUSTER_REGION" "$1" "$2/"
}

# Copies the weights from the file system, many files at a time: one reader does not fill it. Whole or not at all, and
# with the time of the source, by which a file that is here already is known.
copy_weights() {
  if [[ ! -d $1 ]]; then return; fi
  # shellcheck disable=SC2016
  (cd "$1" && find . -type f -printf '%P\0') | FROM=$1 TO=$2 xargs -0 -r -P 16 -n 1 bash -c '
    set -euo pipefail
    if [[ -e $TO/$1 && $(stat -c "%s %Y" "$TO/$1") == "$(stat -c "%s %Y" "$FROM/$1")" ]]; then exit; fi
    mkdir -p "$(dirname "$TO/$1")"
    cp --preserve=timestamps "$FROM/$1" "$TO/$1.part"
    mv "$TO/$1.part" "$TO/$1"' copy
}

# Fetches from a place by a way, and looks whether all is there. With a manifest, sizes and checksums are held against it; a
# file that is not what it should be is fetched once more.
fetch_checked() {
  local source=$1 way=$2 folder found
  folder=$(weights_folder)
  "$way" "$source" "$folder" || later weights-failed "could not copy $source"
  found=$(missing_files "$folder")
  if [[ -n $found ]]; then later weights-missing "$source lacks $found; llm-cluster weights push STACK-FILE brings them"; fi
  found=$(check_manifest "$folder")
  if [[ $found == corrupt* ]]; then
    remove_corrupt "$folder"
    "$way" "$source" "$folder" || later weights-failed "could not copy $source"
    found=$(check_manifest "$folder")
  fi
  case $found in
    "") ;;
    missing*) later weights-missing "$source is not what its manifest says: ${found#* }" ;;
    *) later weights-corrupt "$source is not what its manifest says: checksum of ${found#* }" ;;
  esac
}

# Prints nothing when all is well or there is no manifest; else `missing`, `corrupt`, or `again` for what is as corrupt as
# when it was last looked at, and the files.
check_manifest() {
  if [[ -e $1/manifest.json ]]; then python3 "$release/manifest.py" "$1" || echo "missing manifest.json cannot be read"; fi
}

remove_corrupt() {
  local name
  while read -r name; do rm -f "${1:?}/$name"; done <"$1/.corrupt"
}

# The files that a complete model has and this folder lacks: its settings, and every part that its index names. A copy
# into the store takes long, so a node often meets half of it.
missing_files() {
  local folder=$1 index=$1/model.safetensors.index.json file
  {
    if [[ ! -s $folder/config.json ]]; then echo config.json; fi
    if [[ -s $index ]]; then
      { grep -o '"[^"]*\.safetensors"' "$index" || true; } | tr -d '"' | sort -u | while read -r file; do
        if [[ ! -s $folder/$file ]]; then echo "$file"; fi
      done
    elif ! compgen -G "$folder/*.safetensors" >/dev/null; then
      echo "*.safetensors"
    fi
  } | paste -s -d ' ' | cut -c 1-200
}

# Downloads inside the engine's own image, which goes on where it was cut off. Once complete, a revision is not asked for
# again: a branch that has moved must not change what a node serves when it restarts.
download_weights() {
  local folder said code=0 missing
  folder=$(weights_folder)
  if [[ -e $folder/.complete && -z $(missing_files "$folder") ]]; then return; fi
  write_token
  mkdir -p "$nvme/engine-cache"
  docker rm --force llm-cluster-download >/dev/null 2>&1 || true
  said=$(docker run --rm --name llm-cluster-download --network host --env-file "$home/hugging-face.secret" \
    --env HF_HUB_DISABLE_PROGRESS_BARS=1 --env HF_XET_HIGH_PERFORMANCE=1 \
    --volume "$release/download.py:/download.py:ro" --volume "$folder:/weights" --volume "$nvme/engine-cache:/root/.cache" \
    --entrypoint python3 "$ENGINE_IMAGE" /download.py "$HF_REPOSITORY" "$HF_REVISION" /weights 2>&1) || code=$?
  rm -f "$home/hugging-face.secret"
  if [[ $code -ne 0 ]]; then later weights-failed "$(why_not_downloaded "$said")"; fi
  missing=$(missing_files "$folder")
  if [[ -n $missing ]]; then later weights-missing "$HF_REPOSITORY at $HF_REVISION lacks $missing"; fi
  touch "$folder/.complete"
}

# What download.py says, or what kept it from saying anything.
why_not_downloaded() {
  local why
  why=$(sed -n 's/^llm-cluster: //p' <<<"$1" | tail -n 1)
  echo "${why:-could not download $HF_REPOSITORY: $(tail -n 1 <<<"$1" | cut -c 1-200)}"
}

# The token goes from its secret to a file that only root can read and that is gone after the download.
write_token() {
  local token=""
  rm -f "$home/hugging-face.secret"
  if [[ -n $HF_TOKEN_SECRET ]]; then
    token=$(aws secretsmanager get-secret-value --region "$LLM_CLUSTER_REGION" --secret-id "$HF_TOKEN_SECRET" --query SecretString --output text) ||
      later weights-failed "could not read the secret of the Hugging Face token"
    if [[ -z $token || $token == *$'\n'* ]]; then later weights-failed "the secret of the Hugging Face token is not one line of text"; fi
  fi
  (umask 077 && printf '%s' "${token:+HF_TOKEN=$token$'\n'}" >"$home/hugging-face.secret")
}
