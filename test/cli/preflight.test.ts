import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { type PreflightOptions, preflight } from "../../cli/commands/preflight";
import { permissions } from "../../cli/preflight/awsErrors";
import { addPreflightCommand } from "../../cli/preflightCommand";
import { root } from "../support/cli";
import { dev, projectWith, stackText } from "../support/projects";
import { type Account, fakeAws, now, refusal } from "./preflightSupport";

const printed: string[] = [];

beforeEach(() => {
  jest.spyOn(console, "log").mockImplementation((text: string) => printed.push(text));
});

afterEach(() => {
  jest.restoreAllMocks();
  printed.length = 0;
  process.exitCode = undefined;
});

const devStack = join(root, "stacks/Pulumi.dev.yaml");

async function run(file: string, options: PreflightOptions = {}, account: Partial<Account> = {}, changes = {}) {
  await preflight(file, options, { ...fakeAws(account), ...changes }, now);
  const code = process.exitCode;
  return { code, text: printed.join("\n") };
}

const refused = async () => {
  throw refusal("AccessDeniedException", 400);
};

test("a stack that may go up exits with 0, and says what it is and what nobody looked at", async () => {
  const { code, text } = await run(devStack);
  expect(code).toBe(0);
  expect(text).toMatch(
    /stack dev \(.*Pulumi\.dev\.yaml\): 1 x p5\.4xlarge \(16 vCPU\), onDemand, in use1-az6 of us-east-1/,
  );
  expect(text).toContain("nothing was changed, and nothing bought");
  expect(text).toMatch(/^ok +zone +use1-az6 offers p5\.4xlarge$/m);
  expect(text).toMatch(/^Not checked:\n( {2}- .+\n)+/m);
  expect(text).toMatch(/\n4 ok$/);
});

test("a fault exits with 1, with its meaning and what to do below it", async () => {
  const { code, text } = await run(devStack, {}, { quotas: { "L-417A185B": { value: 0 } } });
  expect(code).toBe(1);
  expect(text).toMatch(
    /^fails +quota +quota L-417A185B .* is 0 vCPU, and 1 x p5\.4xlarge need 16\n +RunInstances answers VcpuLimitExceeded\n +fix: ask for more/m,
  );
  expect(text).toMatch(/\n1 fails, 3 ok$/);
});

test("what could not be checked passes, but not with --strict", async () => {
  const changes = { getServiceQuota: refused };
  expect((await run(devStack, {}, {}, changes)).code).toBe(0);
  expect((await run(devStack, { strict: true }, {}, changes)).code).toBe(1);
  expect((await run(devStack, { strict: true })).code).toBe(0);
});

test("--json is one document, with the same findings", async () => {
  const { text } = await run(devStack, { json: true }, {}, { getServiceQuota: refused });
  expect(JSON.parse(text)).toMatchObject({
    project: "llm-cluster",
    stack: "dev",
    plan: {
      region: "us-east-1",
      zone: "use1-az6",
      machine: "p5.4xlarge",
      nodes: 1,
      vcpus: 16,
      capacityMode: "onDemand",
    },
    passed: true,
    counts: { ok: 3, warns: 0, fails: 0, couldNotCheck: 1 },
    findings: expect.arrayContaining([
      expect.objectContaining({
        check: "quota",
        state: "could not check",
        error: { code: "AccessDeniedException", permission: "servicequotas:GetServiceQuota" },
      }),
    ]),
    offerings: [],
    notChecked: expect.arrayContaining([expect.stringContaining("on demand in use1-az6")]),
  });
});

test("offerings are a table", async () => {
  const blocks = [{ id: "cb-0a", zone: "us-east-1a", start: now, hours: 48, fee: "1500.00" }];
  const { text } = await run(devStack, { hours: "48" }, { blocks });
  expect(text).toMatch(
    /cb-0a {5}us-east-1a \(use1-az6\) +1 +48 {2}2026-11-20 12:00 UTC {2}2026-11-22 12:00 UTC {2}1500\.00 USD/,
  );
  await expect(preflight(devStack, { hours: "36" }, fakeAws(), now)).rejects.toThrow(
    "--hours 36: is not a length that a capacity block has",
  );
});

describe("the stack file", () => {
  test("is planned as the component plans it: every fault is the user's, and AWS is not asked", async () => {
    const unasked = Object.fromEntries(Object.keys(fakeAws()).map((name) => [name, refused]));
    const faulty = projectWith("Pulumi.bad.yaml", stackText({ ...dev, zone: undefined, concurrency: -1 }));
    await expect(run(faulty, {}, {}, unasked)).rejects.toThrow(
      /2 problems[\s\S]*decision\.concurrency[\s\S]*decision\.zone/,
    );
    const unfit = projectWith(
      "Pulumi.unfit.yaml",
      stackText({ model: "llama-3.1-405b", machine: "p5.4xlarge", zone: "use1-az6" }),
    );
    await expect(run(unfit, {}, {}, unasked)).rejects.toMatchObject({ code: 4 });
    const other = projectWith("Pulumi.other.yaml", "config:\n  aws:region: us-east-1\n");
    await expect(run(other, {}, {}, unasked)).rejects.toThrow("has no llm-cluster:decision");
  });

  test("need not name a capacity block to find one", async () => {
    const capacity = { mode: "capacityBlock", hours: 24 };
    const stack = projectWith("Pulumi.block.yaml", stackText({ ...dev, capacity }));
    const blocks = [{ id: "cb-0a", zone: "us-east-1a", start: now, hours: 24, fee: "700.00" }];
    const { code, text } = await run(stack, {}, { blocks });
    expect(code).toBe(1);
    expect(text).toMatch(/^fails +reservation +no capacity block is named$/m);
    expect(text).toContain("cb-0a");
  });

  test("may have what only Pulumi can read, and settings by which it acts as another", async () => {
    const config = {
      "aws:region": "us-east-1",
      "aws:assumeRoles": [{ roleArn: "arn:aws:iam::111122223333:role/deploy" }],
      "llm-cluster:decision": dev,
      "llm-cluster:storage": { bucket: { secure: "AAABAA" } },
      "llm-cluster:serving": { apiKeySecret: "arn:aws:secretsmanager:us-east-1:111122223333:secret:key" },
    };
    const stack = projectWith("Pulumi.hidden.yaml", `config: ${JSON.stringify(config)}\n`);
    const { text } = await run(stack);
    expect(text).toMatch(/^could not check +bucket +storage\.bucket is encrypted/m);
    expect(text).toContain("- serving.apiKeySecret: that the secret is there");
    expect(text).toContain("- what pulumi up sees with aws:assumeRoles of the stack");
  });
});

test("the command hands its options on, and asks whom the environment names", async () => {
  const environment = { ...process.env };
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: "http://127.0.0.1:1",
    AWS_ACCESS_KEY_ID: "t",
    AWS_SECRET_ACCESS_KEY: "t",
  });
  try {
    const program = new Command();
    addPreflightCommand(program);
    await program.parseAsync(["node", "llm-cluster", "preflight", devStack, "--strict", "--json"]);
    expect(JSON.parse(printed.join())).toMatchObject({ passed: false, counts: { couldNotCheck: 4 } });
    expect(process.exitCode).toBe(1);
  } finally {
    process.env = environment;
  }
});

test("the document has every permission that is asked with, and each of them only reads", () => {
  const text = readFileSync(join(root, "docs/preflight.md"), "utf8");
  for (const permission of Object.values(permissions)) {
    expect(text).toContain(`"${permission}"`);
    expect(permission).toMatch(/:(Describe|Get|List)/);
  }
});
