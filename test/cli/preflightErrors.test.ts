import { spawnSync } from "node:child_process";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { permissions } from "../../cli/preflight/awsErrors";
import { realClients } from "../../cli/preflight/clients";
import type { Finding } from "../../cli/preflight/finding";
import { runChecks } from "../../cli/preflight/report";
import type { Subject } from "../../cli/preflight/subject";
import { root } from "../support/cli";
import { check, fakeAws, now, refusal, said, subjectWith } from "./preflightSupport";

// The SDK's own clients, against servers that answer as AWS does: what it makes of an answer is its business, not ours.

const environment = { ...process.env };
const servers: Server[] = [];

beforeEach(() => {
  process.env.AWS_ACCESS_KEY_ID = "testing";
  process.env.AWS_SECRET_ACCESS_KEY = "testing";
  process.env.AWS_EC2_METADATA_DISABLED = "true";
  for (const name of ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]) process.env[name] = "/nowhere/at/all";
  delete process.env.AWS_PROFILE;
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
});

afterEach(() => {
  process.env = { ...environment };
  for (const server of servers.splice(0)) server.close();
});

async function serve(answer: RequestListener): Promise<void> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ask = (subject: Partial<Subject>) =>
  runChecks(subjectWith(subject), realClients("us-east-1"), { offerings: false, now });

/** The command's own code in a process of its own: Jest's Error is not Node's, and the SDK hides the other's code. */
function runAlone(env: Record<string, string | undefined>) {
  const script = `require("./build/transpile").ensureBuilt();
    require("./bin/cli/commands/preflight").preflight("stacks/Pulumi.dev.yaml", { json: true });`;
  const settings = { cwd: root, env: { ...process.env, ...env }, encoding: "utf8" as const, timeout: 30_000 };
  const { status, stdout } = spawnSync(process.execPath, ["-e", script], settings);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return { status, findings };
}

/** Nothing listens there, and nobody without rights can. */
const closedPort = "http://127.0.0.1:1";

test("without a network everything could not be checked, and soon", () => {
  const { status, findings } = runAlone({ AWS_ENDPOINT_URL: closedPort });
  expect(status).toBe(0);
  expect(findings.map(({ check: name, state, error }) => [name, state, error?.code])).toEqual([
    ["zone", "could not check", "ECONNREFUSED"],
    ["zone", "could not check", "ECONNREFUSED"],
    ["quota", "could not check", "ECONNREFUSED"],
    ["image", "could not check", "ECONNREFUSED"],
  ]);
});

test("without credentials too, and it says to sign in", () => {
  const none = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, AWS_ENDPOINT_URL: closedPort };
  const { findings } = runAlone(none);
  for (const { state, error, fix } of findings) {
    expect([state, error?.code]).toEqual(["could not check", "CredentialsProviderError"]);
    expect(fix).toContain("sign in");
  }
  expect(findings).toHaveLength(4);
});

test("a refusal by EC2 names its code and the permission", async () => {
  await serve((_, response) => {
    response.writeHead(403, { "content-type": "text/xml" });
    response.end(
      "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized. Encoded: abc</Message></Error></Errors><RequestID>1</RequestID></Response>",
    );
  });
  const { findings } = await ask({});
  expect(findings[0]).toEqual({
    check: "zone",
    state: "could not check",
    fact: "what use1-az6 is in this account: these credentials may not ask (UnauthorizedOperation)",
    fix: "grant ec2:DescribeAvailabilityZones, which only reads",
    error: { code: "UnauthorizedOperation", permission: "ec2:DescribeAvailabilityZones" },
  });
});

test("what is no answer of AWS at all, such as a proxy's page, is no crash", async () => {
  await serve((_, response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<html><body><p>Sign in to the hotel's network</body></html>");
  });
  const { findings } = await ask({});
  expect(findings.length).toBeGreaterThan(3);
  for (const { state } of findings) expect(state).not.toBe("ok");
});

describe("S3 answers a HEAD without a body", () => {
  const bucketWith = async (status: number, region?: string) => {
    await serve((_, response) => {
      response.writeHead(status, region === undefined ? {} : { "x-amz-bucket-region": region });
      response.end();
    });
    return said(await ask({ bucket: "mine" }), "bucket");
  };

  test("a bucket elsewhere is a redirect with its region", async () => {
    expect(await bucketWith(301, "eu-west-1")).toEqual(["fails: mine is in eu-west-1"]);
  });

  test("another's bucket elsewhere fails; here it could not be checked", async () => {
    expect(await bucketWith(403, "eu-west-1")).toEqual(["fails: mine is in eu-west-1"]);
    expect((await bucketWith(403, "us-east-1")).join()).toMatch(
      /^could not check: mine: these credentials may not ask/,
    );
  });

  test("none fails, and one here is ok", async () => {
    expect(await bucketWith(404)).toEqual(["fails: there is no bucket mine"]);
    expect(await bucketWith(200, "us-east-1")).toEqual(["ok: mine is in us-east-1"]);
  });
});

describe("each question may go unanswered by itself", () => {
  const everything: Partial<Subject> = {
    capacity: { mode: "capacityBlock" },
    network: { subnetId: "subnet-1", nodeAddresses: "10.1.4.16/28" },
    bucket: "mine",
  };
  const account = {
    subnets: [{ SubnetId: "subnet-1", VpcId: "vpc-1", CidrBlock: "10.1.4.0/24", AvailabilityZoneId: "use1-az6" }],
    addresses: [{ address: "10.1.4.16", machine: "i-1" }],
    buckets: { mine: "us-east-1" },
  };
  const asked = Object.keys(fakeAws()).filter(
    (name) => !["getServiceQuota", "getDefaultServiceQuota", "describeCapacityReservations"].includes(name),
  );

  test.each(asked)("%s", async (name) => {
    const refused = async () => {
      throw refusal("RequestLimitExceeded", 503);
    };
    const whole = await check(everything, account);
    const { findings } = await check(everything, account, {}, { [name]: refused });
    const open = findings.filter(({ state }) => state === "could not check");
    expect(open.length).toBeGreaterThan(0);
    for (const { error, fix } of open) {
      expect(error).toEqual({
        code: "RequestLimitExceeded",
        permission: permissions[name as keyof typeof permissions],
      });
      expect(fix).toBe("try again in a minute");
    }
    // What did not need the answer is told as before.
    const checks = new Set(open.map((finding) => finding.check));
    const others = (all: typeof findings) => all.filter((finding) => !checks.has(finding.check));
    expect(others(findings)).toEqual(others(whole.findings));
  });

  test("a fault of ours is not taken for a question without an answer", async () => {
    const broken = async () => {
      throw new TypeError("undefined is not a function");
    };
    await expect(check({}, {}, {}, { describeImages: broken })).rejects.toThrow(TypeError);
  });
});
