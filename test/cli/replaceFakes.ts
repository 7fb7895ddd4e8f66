import type { Pulumi, PulumiRun } from "../../cli/replace/pulumi";
import type { ReplaceWorld } from "../../cli/replace/world";
import type { NodeReport } from "../../cli/store/reports";
import type { World as StoreWorld } from "../../cli/store/world";

const cluster = "urn:pulumi:dev::llm-cluster::llm-cluster:index:AwsCluster";
const types = {
  instance: "aws:ec2/instance:Instance",
  template: "aws:ec2/launchTemplate:LaunchTemplate",
  target: "aws:lb/targetGroupAttachment:TargetGroupAttachment",
  object: "aws:s3/bucketObjectv2:BucketObjectv2",
};

interface FakeStep {
  op: string;
  urn: string;
  newState?: { inputs?: Record<string, unknown>; dependencies?: string[]; parent?: string };
}

/** A stack as a Pulumi CLI that is none has it: machines by index, and what the stack file would change. */
export class FakePulumi implements Pulumi {
  /** Every run, as its arguments. */
  readonly runs: string[][] = [];
  interrupts = 0;
  /** Name of the cluster. */
  name = "llm";
  /** Ids of the machines that the state has; absent where it has none. */
  machines: (string | undefined)[] = [];
  /** Nodes whose launch template the stack file changes. */
  changed = new Set<number>();
  /** Other changes of the stack file, and what depends on what. */
  others: FakeStep[] = [];
  /** URNs of what machines need, beside what they have. */
  needs: string[] = [];
  /** Nodes whose machines AWS no longer has. */
  gone = new Set<number>();
  planned: { nodes: number; replicas: number } | undefined;
  pending: string[] = [];
  release = "1";
  releaseText = "RELEASE_NUMBER=1\nCAPACITY_ENDS_AT=''\n";
  /** What a run answers in the place of its own answer: the first whose command begins so. */
  faults: { command: string; run: PulumiRun }[] = [];
  /** Called before an update is made. */
  onUpdate: () => void = () => undefined;
  private made = 0;

  constructor(nodes: number) {
    this.machines = Array.from({ length: nodes }, (_, index) => `i-${index}`);
  }

  urn(type: keyof typeof types | string, suffix: string): string {
    return `${cluster}$${types[type as keyof typeof types] ?? type}::${this.name}-${suffix}`;
  }

  interrupt(): void {
    this.interrupts += 1;
  }

  /** The runs of a command, as what they name: `replace llm-node-1`, `target llm-node-1`. */
  named(command: string): string[][] {
    return this.runs.filter((args) => args[0] === command).map(namedIn);
  }

  async run(args: readonly string[]): Promise<PulumiRun> {
    this.runs.push([...args]);
    const fault = this.faults.findIndex(({ command }) => args.join(" ").startsWith(command));
    if (fault >= 0) return (this.faults.splice(fault, 1)[0] as { run: PulumiRun }).run;
    const answer = this.answer(args[0] ?? "", namedUrns(args, "--target"), namedUrns(args, "--replace"));
    return { code: 0, stdout: answer, stderr: "" };
  }

  private answer(command: string, targets: readonly string[], replaced: readonly string[]): string {
    if (command === "stack") return JSON.stringify(this.state());
    if (command === "preview") return JSON.stringify({ steps: this.steps(targets, replaced) });
    if (command === "refresh") this.forget();
    if (command === "up") this.update(targets, replaced);
    return "";
  }

  private forget(): void {
    for (const node of this.gone) this.machines[node] = undefined;
    this.gone.clear();
  }

  private update(targets: readonly string[], replaced: readonly string[]): void {
    this.onUpdate();
    const steps = this.steps(targets, replaced);
    for (const [node] of this.machines.entries()) {
      if (!steps.some(({ urn, op }) => urn === this.urn("instance", `node-${node}`) && op !== "same")) continue;
      this.made += 1;
      this.machines[node] = `i-new-${this.made}`;
      this.changed.delete(node);
    }
    this.others = this.others.filter(({ urn }) => !targets.includes(urn));
  }

  private steps(targets: readonly string[], replaced: readonly string[]): FakeStep[] {
    const wanted = ({ urn }: FakeStep) => targets.length === 0 || targets.includes(urn);
    const nodes = this.machines.flatMap((id, node): FakeStep[] => {
      const machine = this.urn("instance", `node-${node}`);
      const template = this.urn("template", `node-${node}-template`);
      const moves = this.changed.has(node) || replaced.includes(machine);
      const op = id === undefined ? "create" : moves ? "replace" : "same";
      return [
        { op: this.changed.has(node) ? "update" : "same", urn: template, newState: { dependencies: this.needs } },
        { op, urn: machine, newState: { dependencies: [template], parent: `${cluster}::${this.name}` } },
        { op: op === "same" ? "same" : "replace", urn: this.urn("target", `node-${node}-target`) },
      ];
    });
    return [...nodes.filter(wanted), ...this.others.filter((step) => wanted(step) || step.op === "always")];
  }

  private state() {
    const nodes = this.machines.flatMap((id, node) => [
      { urn: this.urn("template", `node-${node}-template`), type: types.template, id: `lt-${node}` },
      ...(id === undefined ? [] : [{ urn: this.urn("instance", `node-${node}`), type: types.instance, id }]),
      { urn: this.urn("target", `node-${node}-target`), type: types.target, id: `target-${node}` },
    ]);
    const pointer = `${this.release} abc releases/${this.release}/release.sh\n`;
    const resources = [
      {
        urn: `${cluster}::${this.name}`,
        type: "llm-cluster:index:AwsCluster",
        inputs: { plan: this.planned ?? { nodes: this.machines.length, replicas: this.machines.length } },
        outputs: { modelStore: "the-bucket" },
      },
      ...nodes,
      { urn: this.urn("object", "release"), type: types.object, id: "release", inputs: { content: this.releaseText } },
      { urn: this.urn("object", "release-pointer"), type: types.object, id: "pointer", inputs: { content: pointer } },
    ];
    const operations = this.pending.map((name) => ({
      type: "creating",
      resource: { urn: this.urn("instance", name) },
    }));
    return { deployment: { resources, pending_operations: operations } };
  }
}

function namedUrns(args: readonly string[], flag: string): string[] {
  return args.filter((_, at) => args[at - 1] === flag);
}

function namedIn(args: readonly string[]): string[] {
  return ["--target", "--replace"].flatMap((flag) =>
    namedUrns(args, flag).map((urn) => `${flag.slice(2)} ${urn.split("::").at(-1)}`),
  );
}

/** A command that runs in no time: its clock is moved by what it sleeps. */
export class FakeWorld {
  now = Date.parse("2027-01-10T00:00:00Z");
  readonly said: string[] = [];
  readonly asked: string[] = [];
  /** What the user answers; undefined where there is nobody to ask. */
  answer: boolean | undefined = true;
  /** Report of a node, of the release that is asked for; undefined where it has none. */
  report: (node: number, release: number) => NodeReport | undefined = () => undefined;
  /** The bucket, prefix and release that reports were asked of. */
  readonly read: string[] = [];
  onSleep: () => void = () => undefined;
  private heard: () => void = () => undefined;

  constructor(private readonly pulumi: Pulumi) {}

  /** Ctrl-C. */
  interrupt(): void {
    this.heard();
  }

  toWorld(): ReplaceWorld {
    const store = {
      env: {},
      now: () => this.now,
      sleep: async (milliseconds: number) => {
        this.now += milliseconds;
        this.onSleep();
      },
      progress: { isTerminal: false, columns: 80, write: (text: string) => void this.said.push(text.trimEnd()) },
      run: async () => Promise.reject(new Error("the bucket is known from the state")),
    } as unknown as StoreWorld;
    const { answer } = this;
    return {
      store,
      pulumi: () => this.pulumi,
      readReports: async ({ bucket, reportPrefix, layout }, release) => {
        this.read.push(`${bucket} ${reportPrefix} ${release}`);
        const { nodes, nodesPerReplica, replicas } = layout.plan;
        const all = Array.from({ length: nodes }, (_, index) => {
          const report = this.report(index, release);
          const place = { replica: Math.floor(index / nodesPerReplica), rank: index % nodesPerReplica };
          return { node: `node-${index}`, ...place, report, stale: false, ready: report?.stage === "ready" };
        });
        return { nodes: all, replicas, readyReplicas: 0, strays: [] };
      },
      confirm:
        answer === undefined
          ? undefined
          : async (question) => {
              this.asked.push(question);
              return answer;
            },
      onInterrupt: (heard) => {
        this.heard = heard;
        return () => undefined;
      },
    };
  }
}
