import { type ReplaceOptions, replace } from "../../cli/commands/replace";
import type { PulumiRun } from "../../cli/replace/pulumi";
import type { NodeReport } from "../../cli/store/reports";
import { projectWith, stackText } from "../support/projects";
import { FakePulumi, FakeWorld } from "./replaceFakes";

const p5 = { concurrency: 8, zone: "use1-az6", machine: "p5.48xlarge" };
const three = { ...p5, model: "llama-3.1-8b", contextLength: 32_768, overrides: { nodes: 3, replicas: 3 } };
const gang = { ...p5, model: "deepseek-v3", contextLength: 131_072, overrides: { nodes: 4 } };

/** Stack file of three replicas of a machine each. */
export const file = projectWith("Pulumi.dev.yaml", stackText(three));
/** Stack file of two replicas of two machines each. */
export const gangFile = projectWith("Pulumi.dev.yaml", stackText(gang));

/** The command on a stack that is up, with every machine that is there ready. Each test has its own. */
export class ReplaceRun {
  pulumi = new FakePulumi(3);
  world = new FakeWorld(this.pulumi);
  printed: string[] = [];
  errors: string[] = [];

  constructor() {
    beforeEach(() => this.begin());
    afterEach(() => {
      jest.restoreAllMocks();
      process.exitCode = undefined;
    });
  }

  private begin(): void {
    this.useNodes(3, 3);
    this.printed = [];
    this.errors = [];
    jest.spyOn(console, "log").mockImplementation((text) => void this.printed.push(String(text)));
    jest.spyOn(console, "error").mockImplementation((text) => void this.errors.push(String(text)));
  }

  /** A stack of so many nodes; the stack file that is given must say the same. */
  useNodes(nodes: number, replicas: number): void {
    this.pulumi = new FakePulumi(nodes);
    this.pulumi.planned = { nodes, replicas };
    this.world = new FakeWorld(this.pulumi);
    this.world.report = (node, release) => readyReport(this.pulumi.machines[node], release);
  }

  run(options: ReplaceOptions, stackFile = file): Promise<void> {
    return replace(stackFile, options, this.world.toWorld());
  }

  /** Runs with --yes and --json, and returns the document. */
  // biome-ignore lint/suspicious/noExplicitAny: a document that tests read into
  async document(options: ReplaceOptions, stackFile = file): Promise<any> {
    await this.run({ yes: true, json: true, ...options }, stackFile);
    return JSON.parse(this.printed.join("\n"));
  }
}

/** A node that serves since its machine is there. */
export function readyReport(instanceId: string | undefined, release: number): NodeReport | undefined {
  return instanceId === undefined
    ? undefined
    : { stage: "ready", reason: "", since: `since ${instanceId}`, release, instanceId };
}

/** A run of the CLI that failed. */
export function failure(stderr: string, stdout = ""): PulumiRun {
  return { code: 255, stdout, stderr };
}
