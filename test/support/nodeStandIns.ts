/**
 * What takes the place of the programs that a machine without cloud and GPU lacks, as bash. An option that a stand-in does
 * not know is an error: the scripts may only say what the real program would take.
 */
export const standIns: Record<string, string> = {
  aws: `
words=()
declare -A given=()
while (($#)); do
  case $1 in
    --region | --secret-id | --query | --output | --log-group-name | --log-stream-name | --namespace | --metric-name | --unit | --dimensions | --value) given[$1]=$2; shift 2 ;;
    --only-show-errors | --delete) shift ;;
    --*) echo "aws stand-in: $1" >&2; exit 2 ;;
    *) words+=("$1"); shift ;;
  esac
done
path() { echo "$STORE/\${1#s3://store/}"; }
# As the real one: what is missing, of another size or newer.
sync() {
  if [[ ! -d $1 ]]; then return; fi
  (cd "$1" && find . -type f) | while read -r name; do
    if [[ ! -e $2/$name || $(stat -c %s "$1/$name") != $(stat -c %s "$2/$name") || $1/$name -nt $2/$name ]]; then
      mkdir -p "$(dirname "$2/$name")" && cp -p "$1/$name" "$2/$name"
    fi
  done
}
case "\${words[*]:0:2}" in
  "s3 cp")
    from=\${words[2]} to=\${words[3]}
    if [[ $from == s3://* ]]; then [[ $to == - ]] && cat "$(path "$from")" || cp "$(path "$from")" "$to"
    else to=$(path "$to"); mkdir -p "$(dirname "$to")"; aside=$(mktemp "$to.XXXXXX"); cat >"$aside"; mv "$aside" "$to"; fi ;;
  "s3 sync") if [[ -e $NODE_ROOT/s3-is-down ]]; then exit 1; fi; echo "\${words[2]}" >>"$NODE_ROOT/sync.log"; sync "$(path "\${words[2]}")" "\${words[3]}" ;;
  "ecr get-login-password") echo the-password ;;
  "secretsmanager get-secret-value") [[ ! -e $NODE_ROOT/no-secret ]] && cat "$STORE/../secrets/\${given[--secret-id]}" ;;
  "logs create-log-stream")
    if [[ -e $NODE_ROOT/no-logs ]]; then echo "AccessDeniedException" >&2; exit 254; fi
    name="\${given[--log-group-name]} \${given[--log-stream-name]}"
    if grep -qsxF "$name" "$NODE_ROOT/streams.log"; then echo "ResourceAlreadyExistsException" >&2; exit 254; fi
    echo "$name" >>"$NODE_ROOT/streams.log" ;;
  "cloudwatch put-metric-data") echo "\${given[--namespace]} \${given[--metric-name]} \${given[--unit]} \${given[--dimensions]} \${given[--value]}" >>"$NODE_ROOT/cloudwatch.log" ;;
  *) echo "aws stand-in: \${words[*]}" >&2; exit 2 ;;
esac`,
  docker: `
images=$NODE_ROOT/images.log
named() { local words=" $* "; [[ $words =~ \\ --name\\ ([^ ]+) ]] && echo "\${BASH_REMATCH[1]}"; }
case $1 in
  run)
    shift
    name=$(named "$@")
    { printf '%s\\0' "$@"; printf '\\0'; } >>"$NODE_ROOT/$name.runs"
    while (($#)); do
      case $1 in
        --env-file) cp "$2" "$NODE_ROOT/$name.env" ;;
        --volume) case $2 in *:/weights) weights=\${2%:/weights} ;; *:/download.py:ro) script=\${2%:/download.py:ro} ;; esac ;;
        /download.py) shift; exec env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$NODE_ROOT/hub" $(cat "$NODE_ROOT/$name.env") python3 "$script" "$1" "$2" "$weights" ;;
      esac
      shift
    done
    if [[ " $* " != *" --rm "* ]]; then touch "$NODE_ROOT/$name.there"; fi ;;
  pull) echo "$*" >>"$NODE_ROOT/pull.log"; if [[ $* == *missing-image* || -e $NODE_ROOT/registry-is-away ]]; then exit 1; fi; echo "\${@: -1}" >>"$images" ;;
  image) if [[ $2 == prune ]]; then echo "$*" >>"$NODE_ROOT/prune.log"; else [[ ! -e $NODE_ROOT/image-gone ]] && grep -qsxF "$3" "$images"; fi ;;
  rmi) echo "$2" >>"$NODE_ROOT/removed.log" ;;
  rm) rm -f "$NODE_ROOT/\${@: -1}.there" ;;
  ps)
    if [[ $* == *llm-cluster-training* && -e $NODE_ROOT/run-under-way ]]; then echo 0123456789ab; fi
    if [[ $* == *llm-cluster-dcgm* && -e $NODE_ROOT/llm-cluster-dcgm.there ]]; then echo 0123456789ab; fi ;;
  login) cat >/dev/null; echo "$*" >>"$NODE_ROOT/login.log" ;;
  logs) echo "loss 1.0" ;;
  wait) echo 3 ;;
esac`,
  // Runs an engine until somebody stops or crashes it, the helpers that the test wants, and the agent, one at a time.
  systemctl: `
echo "$*" >>"$NODE_ROOT/systemctl.log"
verb=$1
unit=\${@: -1}
name=\${unit#llm-cluster-}
name=\${name%.service}
pid_file=$NODE_ROOT/$name.pid
wanted() { [[ " $NODE_HELPERS " == *" $name "* ]]; }
# As systemd: a unit is stopped when its processes are gone, and then its port is free.
stop() {
  local group
  if [[ ! -e $pid_file ]]; then return; fi
  group=$(cat "$pid_file")
  rm -f "$pid_file"
  kill -- "-$group" 2>/dev/null || return 0
  while kill -0 -- "-$group" 2>/dev/null; do sleep 0.02; done
}
case $verb in
  is-active)
    case $name in
      engine) [[ -e $NODE_ROOT/engine-runs ]] ;;
      *) if wanted; then [[ -e $pid_file ]] && kill -0 "$(cat "$pid_file")" 2>/dev/null; else grep -qs "^restart $unit" "$NODE_ROOT/systemctl.log"; fi ;;
    esac ;;
  stop) if [[ $name == engine ]]; then rm -f "$NODE_ROOT/engine-runs"; else stop; fi ;;
  start) [[ $name == agent ]] && setsid "$NODE_ROOT/run-agent" -n </dev/null >>"$NODE_ROOT/agent.log" 2>&1 & ;;
  restart)
    file=$LLM_CLUSTER_UNITS/$unit
    export $(sed -n 's/^Environment=//p' "$file")
    command=$(sed -n 's/^ExecStart=//p' "$file")
    if [[ $name == engine ]]; then
      rm -f "$NODE_ROOT/engine-runs"
      bash $command && touch "$NODE_ROOT/engine-runs"
    elif wanted; then
      stop
      command=\${command#/usr/bin/python3 }
      program=bash
      if [[ $command == *.py* ]]; then program="python3 -B"; fi
      # Not through a function or a list: the process that is noted must be the one that leads the group.
      setsid $program $command </dev/null >>"$NODE_ROOT/$name.log" 2>&1 &
      echo $! >"$pid_file"
    fi ;;
esac`,
  blkid: "exit 0\n",
  mountpoint: '[[ $2 == "$LLM_CLUSTER_NVME" || -e $NODE_ROOT/mounted ]]\n',
  modprobe: "[[ ! -e $NODE_ROOT/no-lustre-client ]]\n",
  mount: `if [[ -e $NODE_ROOT/no-route ]]; then echo "mount.lustre: mount failed: Connection timed out" >&2; exit 1; fi
echo "$*" >>"$NODE_ROOT/mount.log"; touch "$NODE_ROOT/mounted"\n`,
  ip: 'echo "default via 10.0.0.1 dev ens32 proto dhcp"\n',
  "nvidia-smi": "printf . >>\"$NODE_ROOT/looks.log\"; printf '40\\n60\\n'\n",
};

/** The agent as systemd runs it: with its environment file, and never twice at a time. It notes its group while it runs. */
export const runAgent = `
mkdir -p "$NODE_ROOT/agents"
touch "$NODE_ROOT/agents/$$"
trap 'rm -f "$NODE_ROOT/agents/$$"' EXIT
set -a
source "$LLM_CLUSTER_HOME/agent.env"
flock --close "$@" "$NODE_ROOT/agent.lock" bash "$LLM_CLUSTER_HOME/agent.sh"
`;

/** huggingface_hub as far as download.py uses it: a gated repository, one that is not there, and one of two files. */
export const huggingFaceHub: Record<string, string> = {
  "errors.py": `class RepositoryNotFoundError(Exception): pass
class GatedRepoError(RepositoryNotFoundError): pass
class RevisionNotFoundError(Exception): pass
`,
  "__init__.py": `import os, pathlib
from . import errors

def snapshot_download(repository, revision, local_dir, ignore_patterns):
    if repository.endswith("/gone"):
        raise errors.RepositoryNotFoundError("404 Client Error")
    if repository.endswith("/gated") and os.environ.get("HF_TOKEN") != "hf_good":
        raise errors.GatedRepoError("403 Client Error: " + os.environ.get("HF_TOKEN", ""))
    for name in ("config.json", "model.safetensors"):
        pathlib.Path(local_dir, name).write_text(revision)
`,
};
