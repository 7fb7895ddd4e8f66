import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { defaultEngineImage, engineArguments, masterPort } from "../../serving/engine";
import { defaultDcgmImage } from "../../serving/metrics";
import { trainingScripts } from "../../serving/nodeFiles";
import { type ReleaseRequest, releaseFiles, renderRelease, weightsPrefixOf } from "../../serving/release";
import { assign, quote } from "../../serving/shell";
import { checkUserDataSize, renderUserData, userDataLimitBytes } from "../../serving/userData";
import vllm from "../fixtures/vllm-serve-options.json";
import { someDecision } from "../support/decisions";
import { gang, planOf, singleNode } from "../support/plans";
import { runs } from "../support/runs";
import { testWith } from "../support/tools";

const requestFor = (decision: typeof gang, part: Partial<ReleaseRequest> = {}): ReleaseRequest => {
  const plan = planOf(decision);
  return {
    number: 7,
    plan,
    image: defaultEngineImage,
    port: 8000,
    weightsPrefix: weightsPrefixOf(plan),
    keyPrefix: "",
    nodeAddresses: Array.from({ length: plan.nodes }, (_, index) => `10.0.4.${index}`),
    apiKeySecret: "arn:aws:secretsmanager:us-east-1:111122223333:secret:llm-api-key",
    ...part,
  };
};

/** A model whose FP8 blocks forbid eight slices: its experts are spread whole. */
const mixture = { model: "qwen3-235b-a22b", precision: "fp8", contextLength: 8192, machine: "p5en.48xlarge" };

interface VllmOption {
  flags: string[];
  kind: string;
  type?: string;
  choices?: string[];
}

test("every argument is one that vLLM's own parser takes, with a value of its type and choices", () => {
  const options = new Map(
    (vllm.options as VllmOption[]).flatMap((option) => option.flags.map((name) => [name, option] as const)),
  );
  fc.assert(
    fc.property(someDecision, (decision) => {
      const args = [
        ...engineArguments(planOf(decision), 8000),
        "--nnodes",
        "2",
        "--node-rank",
        "1",
        "--master-addr",
        "10.0.0.4",
        "--master-port",
        String(masterPort),
        "--headless",
      ];
      for (let index = 0; index < args.length; index += 1) {
        const option = options.get(args[index] ?? "");
        if (!option) throw new Error(`vLLM knows no ${args[index]}`);
        if (option.kind === "switch" || option.kind === "boolean") continue;
        index += 1;
        const value = args[index] ?? "";
        if (option.type === "int") expect(value).toMatch(/^\d+$/);
        if (option.choices) expect(option.choices).toContain(value);
      }
      expect(args).toContain("--max-model-len");
    }),
    runs(100),
  );
});

test.each([
  ["single-node", singleNode],
  ["gang", gang],
  ["mixture of experts", mixture],
])("the settings of a %s release are as they were", (_, decision) => {
  expect(releaseFiles(requestFor(decision))["release.env"]).toMatchSnapshot();
});

test("the same request gives the same bytes, and the pointer carries their number, checksum and key", () => {
  const release = renderRelease(requestFor(gang));
  expect(renderRelease(requestFor(gang))).toEqual(release);
  const sha256 = createHash("sha256").update(release.content).digest("hex");
  expect(release.pointer).toBe(`7 ${sha256} releases/7/release.sh\n`);
  expect(release.key).toBe("releases/7/release.sh");
  expect(renderRelease(requestFor(singleNode)).sha256).not.toBe(release.sha256);
});

test("a release unpacks itself, whole, into the files that it was made of", () => {
  const folder = mkdtempSync(join(tmpdir(), "release-"));
  const script = join(folder, "release.sh");
  writeFileSync(script, renderRelease(requestFor(gang)).content);
  const target = join(folder, "releases", "abc");
  for (const run of ["first", "again"]) {
    const { status, stderr } = spawnSync("bash", [script, target], { encoding: "utf8" });
    expect(`${run} ${status} ${stderr}`).toBe(`${run} 0 `);
  }
  for (const [name, text] of Object.entries(releaseFiles(requestFor(gang)))) {
    expect(readFileSync(join(target, name), "utf8")).toBe(text);
  }
  expect(readdirSync(join(folder, "releases"))).toEqual(["abc"]);
});

test("no secret is in a release or in user data, only the name of one", () => {
  const text =
    renderRelease(requestFor(gang)).content + renderUserData({ bucket: "b", prefix: "", region: "us-east-1" });
  expect(text).toContain("API_KEY_SECRET=");
  expect(text).not.toMatch(/VLLM_API_KEY=[A-Za-z0-9]/);
});

test("what is around a node is in its settings, and nothing of it where it is absent", () => {
  const settings = (part: Partial<ReleaseRequest>) => releaseFiles(requestFor(singleNode, part))["release.env"] ?? "";
  const plain = settings({});
  for (const name of ["CAPACITY_ENDS_AT", "LUSTRE_DNS", "LOG_GROUP", "METRIC_CLUSTER", "HF_REPOSITORY"]) {
    expect(plain).toMatch(new RegExp(`^${name}=''$`, "m"));
  }
  expect(plain).toContain(`\nDCGM_IMAGE=${defaultDcgmImage}\n`);
  const all = settings({
    weights: { from: "huggingFace", repository: "meta-llama/Llama-3.1-8B", tokenSecret: "arn:secret" },
    surroundings: {
      capacityEndsAt: "2026-12-01T11:30:00Z",
      lustre: { dnsName: "fs-0.fsx.us-east-1.amazonaws.com", mountName: "abc" },
      logGroup: "/llm/logs",
      metricCluster: "llm",
      dcgmImage: "registry/dcgm:1",
    },
  });
  expect(all).toContain("\nWEIGHTS_FROM=huggingFace\nHF_REPOSITORY=meta-llama/Llama-3.1-8B\nHF_REVISION=main\n");
  expect(all).toContain("\nHF_TOKEN_SECRET=arn:secret\nREADINESS_PORT=8090\nCAPACITY_ENDS_AT=2026-12-01T11:30:00Z\n");
  expect(all).toContain("\nLUSTRE_DNS=fs-0.fsx.us-east-1.amazonaws.com\nLUSTRE_MOUNT=abc\nLOG_GROUP=/llm/logs\n");
  expect(all).toContain("\nMETRICS_PORT=9400\nDCGM_IMAGE=registry/dcgm:1\n");
});

test("user data is small, the same for every decision, and refused at 16 KB", () => {
  const userData = renderUserData({ bucket: "b".repeat(63), prefix: "clusters/p/", region: "ap-southeast-3" });
  expect(Buffer.byteLength(userData)).toBeLessThan(userDataLimitBytes / 2);
  expect(() => checkUserDataSize(userData)).not.toThrow();
  expect(() => checkUserDataSize("x".repeat(userDataLimitBytes))).not.toThrow();
  expect(() => checkUserDataSize("x".repeat(userDataLimitBytes + 1))).toThrow(/16385 bytes.*16384.*Fix:/);
});

test("user data is as it was: a change of it replaces every machine of every cluster", () => {
  expect(renderUserData({ bucket: "llm-models-0123abc", prefix: "", region: "us-east-1" })).toMatchSnapshot();
});

test("any text survives the shell, quoted", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0")),
        { maxLength: 5 },
      ),
      (words) => {
        const { stdout } = spawnSync("bash", ["-c", `${assign("WORDS", words)}; printf '%s\\0' "\${WORDS[@]}"`], {
          encoding: "utf8",
        });
        expect(stdout).toBe(words.length === 0 ? "\0" : words.map((word) => `${word}\0`).join(""));
      },
    ),
    runs(30),
  );
  expect(quote("AWS Libfabric")).toBe("'AWS Libfabric'");
});

testWith("shellcheck")("every rendered script passes shellcheck", () => {
  const folder = mkdtempSync(join(tmpdir(), "shellcheck-"));
  const files: Record<string, string> = {
    ...releaseFiles(requestFor(gang)),
    // A release that trains has two scripts of its own under these names.
    "prepare.sh": trainingScripts["apply.sh"] ?? "",
    "watch-run.sh": trainingScripts["watch.sh"] ?? "",
    "train.sh": trainingScripts["train.sh"] ?? "",
    "release.sh": renderRelease(requestFor(gang)).content,
    "user-data.sh": renderUserData({ bucket: "llm-models-0123abc", prefix: "", region: "us-east-1" }),
  };
  const scripts = Object.keys(files).filter((name) => name.endsWith(".sh"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const { status, stdout } = spawnSync("shellcheck", ["--external-sources", ...scripts], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(stdout).toBe("");
  expect(status).toBe(0);
  expect(existsSync(join(folder, "apply.sh"))).toBe(true);
});

test("every program of a release is one that its interpreter takes", () => {
  const files = releaseFiles(requestFor(gang));
  const programs = Object.entries(files).filter(([name]) => name.endsWith(".py"));
  expect(programs.map(([name]) => name).sort()).toEqual(["download.py", "manifest.py", "notices.py", "ready.py"]);
  for (const [name, text] of programs) {
    // The grammar of Ubuntu 22.04's 3.10.
    const parse = `import ast, sys; ast.parse(sys.stdin.read(), ${JSON.stringify(name)}, feature_version=(3, 10))`;
    const { stderr, status } = spawnSync("python3", ["-c", parse], { input: text, encoding: "utf8" });
    expect(`${status} ${stderr}`).toBe("0 ");
  }
});

testWith("systemd-analyze")("every unit is one that systemd accepts", () => {
  const folder = mkdtempSync(join(tmpdir(), "units-"));
  const stub = join(folder, "user-data.sh");
  writeFileSync(
    stub,
    renderUserData({ bucket: "b", prefix: "", region: "us-east-1" }).replace(/^systemctl .*$/gm, "true"),
  );
  expect(spawnSync("bash", [stub], { env: { ...process.env, LLM_CLUSTER_ROOT: folder } }).status).toBe(0);
  const units = join(folder, "etc/systemd/system");
  const engine = releaseFiles(requestFor(gang))["engine.service"] ?? "";
  // The verifier looks for the programs of a unit; those of a node are not on this machine.
  const runnable = (text: string) =>
    text.replace(/^(Exec\w+=-?)\S+.*$/gm, "$1/bin/true").replace(/^EnvironmentFile=.*$/gm, "");
  writeFileSync(
    join(units, "llm-cluster-engine.service"),
    runnable(engine.replaceAll("@RELEASE@", "/opt/llm-cluster/releases/x").replace("@RESTART@", "always")),
  );
  const helper = releaseFiles(requestFor(gang))["helper.service"] ?? "";
  const filled = {
    USER: "DynamicUser=yes",
    NAME: "ready",
    RELEASE: "/r",
    BUCKET: "b",
    PREFIX: "",
    REGION: "r",
    COMMAND: "/r/x.sh",
  };
  writeFileSync(
    join(units, "llm-cluster-ready.service"),
    runnable(helper.replace(/@(\w+)@/g, (_, name: keyof typeof filled) => filled[name])),
  );
  const agent = join(units, "llm-cluster-agent.service");
  writeFileSync(agent, runnable(readFileSync(agent, "utf8")));
  for (const unit of ["docker.service"]) writeFileSync(join(units, unit), "[Service]\nExecStart=/bin/true\n");
  const names = ["engine.service", "ready.service", "agent.service", "agent.timer"].map((name) =>
    join(units, `llm-cluster-${name}`),
  );
  const { stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...names], { encoding: "utf8" });
  const ours = stderr.split("\n").filter((line) => line.includes("llm-cluster"));
  expect(ours).toEqual([]);
});
