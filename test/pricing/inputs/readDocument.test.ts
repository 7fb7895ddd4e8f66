import { readDocument } from "../../../pricing/inputs/readDocument";
import { secretValue, unknownValue } from "../../../pricing/records";
import {
  type Export,
  fixtureText,
  named,
  namesOf,
  type Preview,
  read,
  readRecorded,
  recorded,
  type State,
  stepsOf,
} from "./documents";

const rest = ["llm", "llm-models", "llm-network", "llm-network-subnet", "llm-network-vpc"];
const two = [...rest, "llm-node-0", "llm-node-1"].sort();
const lab = (name: string) => `engine-lab/${name}`;

describe("a preview", () => {
  test.each([
    ["preview-create.json", [], two, undefined],
    [
      "preview-update-and-create.json",
      ["llm", "llm-node-0", "llm-node-1"],
      ["llm", "llm-node-0", "llm-node-1", "llm-node-2"],
      4,
    ],
    ["preview-delete.json", ["llm", "llm-models", "llm-node-1"], ["llm"], 4],
    ["preview-same.json", [], [], 7],
    ["preview-same.show-sames.json", two, two, undefined],
    ["destroy-preview.json", two, [], undefined],
    ["refresh-preview.json", two, two, undefined],
    [
      "preview-replace.json",
      ["llm", "llm-network-subnet", "llm-node-0", "llm-node-1"],
      ["llm", "llm-network-subnet", "llm-node-0", "llm-node-1", "llm-node-2"],
      3,
    ],
  ])(
    "%s: what is before, what is after, and how many unchanged resources it leaves out",
    (name, before, after, leftOut) => {
      const change = readRecorded(lab(name));
      expect(change).toMatchObject({ kind: "preview", project: "lab", stack: "dev", failed: [] });
      expect(namesOf(change.before)).toEqual(before);
      expect(namesOf(change.after)).toEqual(after);
      expect(change.leftOut).toBe(leftOut);
      expect([change.before?.pendingDeletion, change.after.pendingDeletion]).toEqual([[], []]);
      expect(change.config).toMatchObject({ "lab:model": "llama-3.1-405b" });
    },
  );

  test.each([
    ["preview-update-and-create.json", ["create llm-node-2", "update llm", "update llm-node-0", "update llm-node-1"]],
    ["preview-delete.json", ["delete llm-models", "delete llm-node-1", "update llm"]],
    ["preview-same.show-sames.json", []],
    ["refresh-preview.json", []],
    [
      "preview-replace.json",
      ["create llm-node-2", "replace llm-network-subnet", "replace llm-node-0", "replace llm-node-1", "update llm"],
    ],
  ])("%s: what is done to what", (name, steps) => {
    expect(stepsOf(readRecorded(lab(name)))).toEqual(steps);
  });

  test("a refresh says that it is one", () => {
    expect(readRecorded(lab("refresh-preview.json")).notes).toEqual([expect.stringContaining("refresh")]);
  });

  test("a refresh that finds another machine has the state before and the cloud after", () => {
    const preview = recorded<Preview>(lab("refresh-preview.json"));
    const node = preview.steps.find(({ urn }) => urn.endsWith("llm-node-0"));
    Object.assign(node?.newState?.inputs ?? {}, { instanceType: "p5en.48xlarge" });
    const { before, after } = read(preview);
    expect(named(before, "llm-node-0").inputs).toMatchObject({ instanceType: "p5.48xlarge" });
    expect(named(after, "llm-node-0").inputs).toMatchObject({ instanceType: "p5en.48xlarge" });
  });

  test("the sub-steps of a replacement do not count again, whatever their order", () => {
    const preview = recorded<Preview>(lab("preview-replace.json"));
    const extended = preview.steps.flatMap((step) =>
      step.op === "replace"
        ? [{ ...step, op: "create-replacement" }, step, { ...step, op: "delete-replaced", newState: null }]
        : [step],
    );
    const plain = read(preview);
    for (const steps of [extended, [...extended].reverse()]) {
      const change = read({ ...preview, steps });
      expect(stepsOf(change)).toEqual(stepsOf(plain));
      for (const side of ["before", "after"] as const) {
        expect(namesOf(change[side])).toEqual(namesOf(plain[side]));
        expect(change[side]?.pendingDeletion).toEqual([]);
      }
    }
  });

  test("what is read from another stack, or only looked up, is none of this stack's resources", () => {
    const preview = recorded<Preview>(lab("preview-create.json"));
    const node = preview.steps.find(({ urn }) => urn.endsWith("llm-node-0"));
    const steps = preview.steps.filter((step) => step !== node);
    const looked = { op: "read", urn: node?.urn, newState: { ...node?.newState, external: true } };
    const same = { op: "same", urn: node?.urn, oldState: looked.newState, newState: looked.newState };
    for (const step of [looked, same])
      expect(namesOf(read({ ...preview, steps: [...steps, step] }).after)).toEqual([...rest, "llm-node-1"]);
  });

  test("what the update deletes and the cloud keeps, and what the engine will refuse to delete", () => {
    const preview = recorded<Preview>(lab("preview-delete.json"));
    for (const { urn, oldState } of preview.steps) {
      if (urn.endsWith("llm-models")) Object.assign(oldState ?? {}, { retainOnDelete: true });
      if (urn.endsWith("llm-node-1")) Object.assign(oldState ?? {}, { protect: true });
    }
    const flags = Object.fromEntries(
      read(preview).steps.map(({ name, ...step }) => [name, [step.retained, step.protected]]),
    );
    expect(flags).toEqual({ llm: [false, false], "llm-models": [true, false], "llm-node-1": [false, true] });
  });

  test("secrets and unknowns are read as what cannot be read, never as values", () => {
    const { after } = readRecorded(lab("preview-create.json"));
    expect(named(after, "llm-node-0").inputs).toMatchObject({ userData: secretValue, subnetId: unknownValue });
    const hidden = readRecorded("engine/dev.preview-create.json").after;
    expect(named(hidden, "llm-node-0").inputs).toMatchObject({ launchTemplate: { id: unknownValue } });
  });

  test("an update keeps what the cloud answered last, which the preview does not repeat", () => {
    const { before, after } = readRecorded(lab("preview-update-and-create.json"));
    expect(named(after, "llm-node-0").outputs).toEqual(named(before, "llm-node-0").outputs);
    expect(named(after, "llm-node-0").id).toBe("llm-node-0-id");
    const replaced = readRecorded(lab("preview-replace.json")).after;
    expect(named(replaced, "llm-node-0")).toMatchObject({ id: undefined, outputs: {} });
  });

  test("one that failed is refused with the engine's own words", () => {
    const preview = recorded<Preview>(lab("preview-create.json"));
    const diagnostics = [
      { severity: "warning", message: "look" },
      { severity: "error", message: "error: no such subnet\nat line 3" },
    ];
    expect(() => read({ ...preview, diagnostics })).toThrow(
      /^given: the preview failed: error: no such subnet\. Fix: /,
    );
    expect(() => read({ config: {}, diagnostics })).toThrow("no such subnet");
  });

  test("of a stack without resources is no error", () => {
    const change = read({ config: {}, changeSummary: {} });
    expect(change).toMatchObject({ kind: "preview", steps: [], leftOut: undefined });
    expect(change.after.records).toEqual([]);
  });

  test("a step that is none is named by its place", () => {
    const preview = recorded<Preview>(lab("preview-create.json"));
    const steps = [...preview.steps.slice(0, 2), { op: "create" }];
    expect(() => read({ ...preview, steps })).toThrow(/^given: step 3 has no op and urn\. Fix: /);
  });
});

describe("our own stacks, as the engine previews them", () => {
  test.each(["dev", "prod-aws", "finetune-aws"])("%s from nothing: every step is one resource after", (stack) => {
    const preview = recorded<Preview>(`engine/${stack}.preview-create.json`);
    const change = readRecorded(`engine/${stack}.preview-create.json`);
    expect(change).toMatchObject({ project: "llm-cluster", stack, leftOut: undefined });
    expect(change.before?.records).toEqual([]);
    expect(change.after.records.map(({ urn }) => urn).sort()).toEqual(preview.steps.map(({ urn }) => urn).sort());
    expect(new Set(change.steps.map(({ op }) => op))).toEqual(new Set(["create"]));
  });

  test.each([
    ["dev.preview-same", []],
    ["dev.preview-other-model", ["update"]],
    ["dev.preview-other-machine", ["replace", "update"]],
  ])("%s: whole on both sides, with the steps that are not `same`", (name, ops) => {
    const preview = recorded<Preview>(`engine/${name}.json`);
    const change = readRecorded(`engine/${name}.json`);
    expect(change.leftOut).toBeUndefined();
    for (const side of [change.before, change.after]) expect(side?.records).toHaveLength(preview.steps.length);
    expect([...new Set(change.steps.map(({ op }) => op))].sort()).toEqual(ops);
  });

  test.each(["dev.preview-more-nodes", "dev.preview-other-machine", "dev.preview-other-model"])(
    "%s without unchanged resources: the same steps, and as many left out as the whole has",
    (name) => {
      const whole = readRecorded(`engine/${name}.json`);
      const part = readRecorded(`engine/${name}.plain.json`);
      expect(stepsOf(part)).toEqual(stepsOf(whole));
      expect(part.after.records.length + (part.leftOut ?? 0)).toBe(whole.after.records.length);
    },
  );

  test("the export after an update holds what its preview said, and the providers", () => {
    const created = readRecorded("engine/dev.preview-create.json").after.records;
    const { kind, before, after } = readRecorded("engine/dev.stack-export.json");
    expect([kind, before]).toEqual(["stack export", undefined]);
    const own = after.records.filter(({ type }) => !type.startsWith("pulumi:providers:"));
    expect(own.map(({ urn }) => urn).sort()).toEqual(created.map(({ urn }) => urn).sort());
  });
});

describe("a stack export", () => {
  const exported = () => recorded<Export>(lab("stack-export.json"));

  test("is a stack at one moment: nothing before, nothing done", () => {
    const change = readRecorded(lab("stack-export.json"));
    expect(change).toMatchObject({ kind: "stack export", project: "lab", stack: "dev", steps: [] });
    expect([change.before, change.leftOut]).toEqual([undefined, undefined]);
    expect(namesOf(change.after)).toEqual(["default_7_48_0", ...two]);
    expect(named(change.after, "llm-node-0").inputs.userData).toBe(secretValue);
  });

  test("what waits for its deletion is beside, and what is another's is left out", () => {
    const document = exported();
    const node = document.deployment.resources.find(({ urn }) => urn.endsWith("llm-node-0")) as State;
    const waiting = { ...node, delete: true, id: "i-old" };
    const other = { ...node, urn: `${node.urn}-looked-up`, external: true };
    document.deployment.resources.push(waiting, other);
    const { after } = read(document);
    expect(namesOf(after)).toEqual(["default_7_48_0", ...two]);
    expect(after.pendingDeletion.map(({ name, id }) => [name, id])).toEqual([["llm-node-0", "i-old"]]);
  });

  test("what went first in an update that then failed is gone from the cloud, and not billed", () => {
    const document = exported();
    const node = document.deployment.resources.find(({ urn }) => urn.endsWith("llm-node-0"));
    Object.assign(node ?? {}, { pendingReplacement: true });
    expect(namesOf(read(document).after)).toEqual(["default_7_48_0", ...two.filter((name) => name !== "llm-node-0")]);
  });

  test("an update that was cut short is told of", () => {
    const document = exported();
    const [resource] = document.deployment.resources;
    document.deployment.pending_operations = [{ resource, type: "creating" }];
    expect(read(document).notes).toEqual([expect.stringMatching(/^1 operation/)]);
  });

  test("a backend's checkpoint file is the same stack", () => {
    const { version, deployment } = exported();
    const latest = { stack: "organization/lab/dev", latest: deployment };
    expect(read({ version, checkpoint: latest }).after).toEqual(read(exported()).after);
  });

  test("without resources is an empty stack", () => {
    expect(read({ version: 3, deployment: { manifest: {} } }).after.records).toEqual([]);
  });

  test("a resource that is none is named by its place", () => {
    const document = exported();
    document.deployment.resources.splice(1, 0, { id: "x" } as unknown as State);
    expect(() => read(document)).toThrow(/^given: resource 2 has no urn and type\. Fix: /);
    expect(() => read({ version: 3, deployment: { resources: {} } })).toThrow(/no list\. Fix: /);
  });
});

describe("how a file is written does not matter", () => {
  const utf16 = (text: string, order: "le" | "be") => {
    const bytes = Buffer.from(`\ufeff${text}`, "utf16le");
    return order === "le" ? bytes : bytes.swap16();
  };
  const documents = [
    lab("preview-update-and-create.json"),
    lab("stack-export.json"),
    lab("preview-replace.streaming.jsonl"),
  ];

  test.each([
    ["UTF-16 as PowerShell writes it", (text: string) => utf16(text, "le")],
    ["UTF-16, big end first", (text: string) => utf16(text, "be")],
    ["UTF-8 with a byte order mark", (text: string) => Buffer.from(`\ufeff${text}`)],
    ["lines that end in CRLF", (text: string) => Buffer.from(text.replaceAll("\n", "\r\n"))],
    ["blank lines around it", (text: string) => Buffer.from(`\n\n${text}\n\n`)],
  ])("%s", (_, encode) => {
    for (const name of documents) {
      const text = fixtureText(name).replaceAll("ami-0123456789abcdef0", "ami-größe-ü");
      expect(readDocument(encode(text), "given")).toEqual(read(text));
    }
  });
});
