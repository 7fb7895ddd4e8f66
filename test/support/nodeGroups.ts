import { type Identity, NodeHost } from "./nodeHost";

/** Boots several nodes with one store between them: replicas side by side, or the nodes of one. */
export async function bootTogether(count: number, identity: Omit<Identity, "index" | "besides">): Promise<NodeHost[]> {
  const nodes: NodeHost[] = [];
  for (let index = 0; index < count; index += 1) {
    const node = new NodeHost({ helpers: ["ready", "watch"], ...identity, index, besides: nodes[0] });
    await node.boot();
    nodes.push(node);
  }
  return nodes;
}

/** Waits for something that nodes get to by themselves; says where they are if they do not. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>, seconds = 40): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited ${seconds} seconds for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Whether every node's last report has these values. */
export function all(nodes: readonly NodeHost[], values: Record<string, unknown>): boolean {
  return nodes.every((node) => {
    const status = node.status();
    return Object.entries(values).every(([name, value]) => status[name] === value);
  });
}

/** Waits until every node has sent its report anew twice: whatever it does in each round, it has done. */
export async function someRounds(nodes: readonly NodeHost[]): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    const before = nodes.map((node) => node.status().updated);
    await eventually("reports are renewed", () =>
      nodes.every((node, index) => node.status().updated !== before[index]),
    );
  }
}
