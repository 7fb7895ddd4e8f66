import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DocumentError } from "../../../pricing/inputs/documentError";
import { root, runCli } from "../../support/cli";
import { file } from "../../support/files";
import { fixtureText, read } from "./documents";

// The beginnings of what the tools themselves write, as far as they tell one from another.
const terraformPlan = {
  format_version: "1.2",
  terraform_version: "1.9.5",
  planned_values: { root_module: { resources: [] } },
  resource_changes: [],
};
const terraformState = {
  version: 4,
  terraform_version: "1.9.5",
  serial: 7,
  lineage: "b4f3",
  outputs: {},
  resources: [],
};
const openTofuState = { version: 4, serial: 7, lineage: "b4f3", outputs: {}, resources: [] };
const cloudFormation = {
  AWSTemplateFormatVersion: "2010-09-09",
  Resources: { Node: { Type: "AWS::EC2::Instance", Properties: { InstanceType: "p5.48xlarge" } } },
};
const infracost = {
  version: "0.2",
  currency: "USD",
  projects: [{ name: "x", breakdown: { resources: [] } }],
  totalMonthlyCost: "1",
};
const savedPlan = { version: 1, plan: { manifest: { time: "" }, resourcePlans: {} } };
const bareSavedPlan = { manifest: { time: "" }, resourcePlans: {} };
const kubernetes = { apiVersion: "v1", kind: "Pod", metadata: { name: "x" }, spec: { containers: [] } };
const hcl = '# machines\nresource "aws_instance" "node" {\n  instance_type = "p5.48xlarge"\n}\n';
const forPeople =
  "Previewing update (dev)\n\nView in Browser (Ctrl+O): https://app.pulumi.com/x\n\n     Type                 Name\n +   pulumi:pulumi:Stack  llm-cluster-dev  create\n";
const recorded = fixtureText("engine-lab/preview-create.json");

const kinds: [string, string | object, RegExp][] = [
  ["a Terraform plan", terraformPlan, /Terraform plan/],
  ["a Terraform state", terraformState, /Terraform .*state/],
  ["an OpenTofu state", openTofuState, /Terraform state/],
  ["Terraform source", hcl, /Terraform source/],
  ["a CloudFormation template", cloudFormation, /CloudFormation template/],
  ["a CloudFormation template without its version", { Resources: cloudFormation.Resources }, /CloudFormation template/],
  ["an Infracost result", infracost, /Infracost result/],
  ["a saved plan", savedPlan, /update plan .*--save-plan/],
  ["a saved plan without its envelope", bareSavedPlan, /update plan/],
  ["a Kubernetes manifest", kubernetes, /Kubernetes manifest/],
  ["a preview for people", forPeople, /prints for people/],
  ["an update for people", forPeople.replace("Previewing", "Updating"), /prints for people/],
  ["a price file", { rows: [] }, /price or rates file/],
  ["an empty file", "", /is empty/],
  ["a file of blank lines", " \n\t\n", /is empty/],
  ["a preview that is cut off", recorded.slice(0, 5000), /broken JSON .*ends in the middle/],
  ["a list", [1, 2], /JSON list/],
  ["a list of resources", [{ urn: "u", type: "t" }], /JSON list/],
  ["a number", "42", /JSON value 42/],
  ["null", "null", /JSON value null/],
  ["a text", '"hello"', /hello/],
  ["a zip", "PK\u0003\u0004\u0014\u0000\u0000\u0000tfplan", /zip/],
  ["a project file", "name: llm-cluster\nruntime: nodejs\n", /no JSON; it begins with "name: llm-cluster"/],
  ["an unknown JSON", { colour: "red", size: 3 }, /not known \(its keys: colour, size\)/],
  ["an object without keys", {}, /its keys: none/],
];

describe.each(kinds)("%s", (_, content, what) => {
  test("is named, with a fix, in one line", () => {
    let error: unknown;
    try {
      read(content, "some/file");
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(DocumentError);
    const { message } = error as DocumentError;
    expect(message).toMatch(what);
    expect(message).toMatch(/^some\/file: .+\. Fix: \S.+/);
    expect(message.split("\n")).toHaveLength(1);
    expect(message.length).toBeLessThan(400);
  });
});

test("a preview that is cut off anywhere is refused", () => {
  for (let at = 1; at < recorded.length - 2; at += 997) {
    expect(() => read(recorded.slice(0, at))).toThrow(DocumentError);
  }
});

describe("through the command", () => {
  const given: [string, string, string, RegExp][] = [
    ["a Terraform plan", "plan.json", JSON.stringify(terraformPlan), /Terraform plan/],
    ["a preview for people", "preview.txt", forPeople, /--json/],
    ["an empty file", "preview.json", "", /is empty/],
    ["a list", "list.json", "[]", /JSON list/],
    ["a project file", "Pulumi.yaml", "name: x\nruntime: nodejs\n", /project's file/],
  ];

  test.each(given)("%s: exit code 1, the file's name, a fix, and no stack trace", (_, name, text, what) => {
    const path = file(name, text);
    for (const command of ["cost", "diff"]) {
      const { code, stdout, stderr } = runCli([command, path]);
      expect(code).toBe(1);
      expect(stdout).toBe("");
      expect(stderr).toMatch(what);
      expect(stderr).toContain(name);
      expect(stderr).toMatch(/Fix: /);
      expect(stderr).not.toMatch(/^\s+at /m);
    }
  });

  test.each(given)("%s: --json and --format json print one document with the error", (_, name, text, what) => {
    const path = file(name, text);
    for (const flags of [["--json"], ["--format", "json"], ["--format=json"]]) {
      const { code, stdout } = runCli(["diff", path, ...flags]);
      expect(code).toBe(1);
      expect(JSON.parse(stdout)).toEqual({ error: { message: expect.stringMatching(what) } });
    }
  });

  test("a folder, and a path that leads nowhere, are errors too", () => {
    for (const path of [mkdtempSync(join(tmpdir(), "folder-")), "no/such.json", ""]) {
      const { code, stderr } = runCli(["cost", path]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/Fix: /);
      expect(stderr).not.toMatch(/^\s+at /m);
    }
  });

  test("standard input is read as a file is, and its error names it", () => {
    const { code, stderr } = runCli(["cost", "-"], { input: JSON.stringify(kubernetes) });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^llm-cluster: -: is a Kubernetes manifest/);
    expect(runCli(["diff", "-", "--region", "us-east-1"], { input: recorded }).code).toBe(0);
  });

  test("a result of diff --json given back says what it is", () => {
    const { stdout } = runCli(["diff", join(root, "test/fixtures/engine/dev.preview-same.json"), "--json"]);
    const path = file("result.json", stdout);
    expect(JSON.parse(readFileSync(path, "utf8"))).toHaveProperty("projects");
    expect(runCli(["diff", path]).stderr).toMatch(/result of diff --json/);
  });

  test("a file of a megabyte of something else is not sent back whole", () => {
    const path = file("log.txt", "x".repeat(1_000_000));
    writeFileSync(`${path}.json`, `{"colour": "${"x".repeat(1_000_000)}"`);
    for (const one of [path, `${path}.json`]) expect(runCli(["cost", one]).stderr.length).toBeLessThan(500);
  });
});
