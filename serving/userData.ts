import { agentScript } from "./nodeFiles";
import { assign, hereDocument } from "./shell";

/** EC2 takes 16 KB of user data, before base64 (botocore's model of RunInstances). */
export const userDataLimitBytes = 16_384;

/** The only facts that a node is born with. */
export interface NodeBirth {
  bucket: string;
  /** What goes before `releases/` and `status/`: empty, or a path that ends in a slash. */
  prefix: string;
  region: string;
}

/**
 * The user-data stub: installs the agent and its timer, and knows only where the pointer is. It is a constant of the
 * cluster, because a change of user data replaces machines, and GPU capacity that is let go may not come back.
 */
export function renderUserData({ bucket, prefix, region }: NodeBirth): string {
  const facts = { LLM_CLUSTER_BUCKET: bucket, LLM_CLUSTER_PREFIX: prefix, LLM_CLUSTER_REGION: region };
  const environment = Object.entries(facts)
    .map(([name, value]) => assign(name, value))
    .join("\n");
  return [
    "#!/usr/bin/env bash",
    "# Installs the llm-cluster agent, which keeps this node at the current release of its model store.",
    "set -euo pipefail",
    "root=${LLM_CLUSTER_ROOT:-}",
    'mkdir -p "$root/opt/llm-cluster" "$root/etc/systemd/system"',
    hereDocument('"$root/opt/llm-cluster/agent.env"', environment, "END_OF_FILE"),
    hereDocument('"$root/opt/llm-cluster/agent.sh"', agentScript, "END_OF_FILE"),
    'chmod 0755 "$root/opt/llm-cluster/agent.sh"',
    hereDocument('"$root/etc/systemd/system/llm-cluster-agent.service"', agentService, "END_OF_FILE"),
    hereDocument('"$root/etc/systemd/system/llm-cluster-agent.timer"', agentTimer, "END_OF_FILE"),
    "systemctl daemon-reload",
    "systemctl enable --now llm-cluster-agent.timer",
    "",
  ].join("\n");
}

// A oneshot that is still running is not started again, so a long copy of weights is not disturbed by the timer.
const agentService = `[Unit]
Description=Keeps this node at its llm-cluster release
After=network-online.target docker.service
Wants=network-online.target

[Service]
Type=oneshot
EnvironmentFile=/opt/llm-cluster/agent.env
ExecStart=/opt/llm-cluster/agent.sh
TimeoutStartSec=infinity
`;

const agentTimer = `[Unit]
Description=Asks for a new llm-cluster release every minute

[Timer]
OnActiveSec=1s
OnUnitInactiveSec=60s
AccuracySec=5s

[Install]
WantedBy=timers.target
`;

/** Throws when a node could not be born with this user data. Call it at preview time, with the longest names there are. */
export function checkUserDataSize(userData: string): void {
  const bytes = Buffer.byteLength(userData);
  if (bytes > userDataLimitBytes) {
    throw new Error(
      `user data is ${bytes} bytes, and EC2 takes ${userDataLimitBytes}. Fix: shorten what the stub carries; everything else belongs into the release`,
    );
  }
}
