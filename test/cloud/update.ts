import * as pulumi from "@pulumi/pulumi";
import type { AwsClusterArgs } from "../../components/aws/args";
import { AwsCluster } from "../../components/aws/awsCluster";
import type { Cloud } from "./clouds";

interface Waiting {
  name: string;
  start: () => void;
}

/**
 * Makes a cluster in a stand-in cloud, without an engine. Of the resources that could be made next, always the one that
 * was registered last is: what depends on nothing but luck fails. Returns what the cloud refused, and the order of things.
 */
export async function makeCluster(cloud: Cloud, args: AwsClusterArgs): Promise<{ refused: string[]; made: string[] }> {
  const { provider, urn } = cloud;
  const refused: string[] = [];
  const made: string[] = [];
  const waiting: Waiting[] = [];
  const turn = (name: string) => new Promise<void>((start) => waiting.push({ name, start }));
  const create = async (type: string, name: string, given: Record<string, unknown>) => {
    await turn(name);
    try {
      const { inputs } = await provider.check(urn(type, name), {}, given);
      const { id, outs } = await provider.create(urn(type, name), inputs);
      made.push(name);
      return { id, state: outs };
    } catch (error) {
      refused.push(`${name}: ${(error as Error).message}`);
      return { id: `${name}-refused`, state: given };
    }
  };
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, custom }) =>
        custom ? create(type, name, inputs) : Promise.resolve({ id: "", state: inputs }),
      call: async ({ token, inputs }) => (await provider.invoke(token, inputs)).outputs,
    },
    "llm-cluster",
    "test",
    false,
  );
  new AwsCluster("llm", args);
  // Exported by the SDK for its own tests, and not declared.
  const over = (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs();
  await inTurn(waiting, over);
  return { refused, made };
}

/** Lets one resource go at a time, when all that can be waiting is. */
async function inTurn(waiting: Waiting[], over: Promise<void>): Promise<void> {
  let done = false;
  const end = over.finally(() => {
    done = true;
  });
  while (!done) {
    let before = -1;
    while (before !== waiting.length) {
      before = waiting.length;
      for (let step = 0; step < 10; step += 1) await new Promise((next) => setImmediate(next));
    }
    waiting.pop()?.start();
  }
  await end;
}
