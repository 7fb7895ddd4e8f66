import {
  type Event,
  named,
  namesOf,
  type Preview,
  read,
  readEventLog,
  readRecorded,
  recorded,
  recordedEvents,
  stepsOf,
} from "./documents";

const two = ["llm", "llm-models", "llm-network", "llm-network-subnet", "llm-network-vpc", "llm-node-0", "llm-node-1"];
const lab = (name: string) => `engine-lab/${name}`;
const up = () => recordedEvents(lab("up.events.jsonl"));
const replacing = () => recordedEvents(lab("preview-replace.streaming.jsonl"));

const stepOf = (event: Event) => (event.resourcePreEvent ?? event.resOutputsEvent)?.metadata;
const isOf = (event: Event, op: string, name: string) =>
  stepOf(event)?.op === op && stepOf(event)?.urn.endsWith(`::${name}`) === true;

/** The log of an update in which one operation failed, as the engine writes it: resOpFailedEvent where its outputs were to come. */
function failing(events: readonly Event[], op: string, name: string): Event[] {
  return events.map((event) => {
    if (event.summaryEvent)
      return { ...event, summaryEvent: { ...event.summaryEvent, isPreview: false, result: "failed" } };
    if (!event.resOutputsEvent || !isOf(event, op, name)) return event;
    const { resOutputsEvent, ...rest } = event;
    return { ...rest, resOpFailedEvent: { metadata: resOutputsEvent.metadata, status: 0, steps: 0 } };
  });
}

/** A log in which the old one goes first: then its state is not yet marked for deletion. */
function goingFirst(events: readonly Event[], name: string): Event[] {
  const of = (op: string) => events.filter((event) => isOf(event, op, name));
  const unmarked = [...of("delete-replaced"), ...of("replace")].map((event): Event => {
    const { delete: _, ...old } = stepOf(event)?.old ?? { urn: "", type: "" };
    const key = event.resourcePreEvent ? "resourcePreEvent" : "resOutputsEvent";
    return { ...event, [key]: { metadata: { ...stepOf(event), old } } };
  });
  const others = events.filter(
    (event) => !["delete-replaced", "replace", "create-replacement"].some((op) => isOf(event, op, name)),
  );
  const end = others.findIndex(({ summaryEvent }) => summaryEvent);
  return [...others.slice(0, end), ...unmarked, ...of("create-replacement"), ...others.slice(end)];
}

describe("an event log", () => {
  test("of an update has what its preview had, with what the cloud answered", () => {
    const change = readRecorded(lab("up.events.jsonl"));
    expect(change).toMatchObject({ kind: "event log", project: "lab", stack: "dev", failed: [], notes: [] });
    expect(namesOf(change.before)).toEqual([]);
    expect(namesOf(change.after)).toEqual(two);
    expect(stepsOf(change)).toEqual(stepsOf(readRecorded(lab("preview-create.json"))));
    expect(named(change.after, "llm-node-0")).toMatchObject({ id: "llm-node-0-id", inputs: { userData: "[secret]" } });
    expect(change.config).toMatchObject({ "lab:nodes": "2" });
  });

  test("of our own stack leads to what the export after it holds", () => {
    const inputs = (name: string) =>
      readRecorded(`engine/${name}`)
        .after.records.filter(({ type }) => !type.startsWith("pulumi:"))
        .map(({ urn, type, id }) => ({ urn, type, id }))
        .sort((left, right) => (left.urn < right.urn ? -1 : 1));
    expect(inputs("dev.up.events.jsonl")).toEqual(inputs("dev.stack-export.json"));
  });

  test("a streaming preview is whole: unchanged resources are in it", () => {
    const change = readRecorded(lab("preview-same.streaming.jsonl"));
    expect([change.steps, change.leftOut, change.notes]).toEqual([[], undefined, []]);
    expect(namesOf(change.before)).toEqual(two);
    expect(namesOf(change.after)).toEqual(two);
  });

  test("a replacement is one step, and the log tells that the new one comes first", () => {
    const change = readRecorded(lab("preview-replace.streaming.jsonl"));
    expect(stepsOf(change)).toEqual(["replace llm-node-0", "replace llm-node-1", "update llm"]);
    expect(change.steps.filter(({ op }) => op === "replace").map((step) => step.deleteBeforeReplace)).toEqual([
      false,
      false,
    ]);
    expect(namesOf(change.before)).toEqual(two);
    expect(namesOf(change.after)).toEqual(two);
    expect(named(change.before, "llm-node-0").inputs.instanceType).toBe("p5.48xlarge");
    expect(named(change.after, "llm-node-0").inputs.instanceType).toBe("p5en.48xlarge");
    expect([change.before?.pendingDeletion, change.after.pendingDeletion]).toEqual([[], []]);
  });

  test("where the old one goes first, it says so", () => {
    const change = readEventLog(goingFirst(goingFirst(replacing(), "llm-node-0"), "llm-node-1"));
    const orders = change.steps.filter(({ op }) => op === "replace").map((step) => step.deleteBeforeReplace);
    expect(orders).toEqual([true, true]);
    expect([namesOf(change.before), namesOf(change.after)]).toEqual([two, two]);
    expect(change.before?.pendingDeletion).toEqual([]);
  });

  test("what an earlier update left behind is billed until this one removes it", () => {
    const [deletion] = replacing().filter((event) => isOf(event, "delete-replaced", "llm-node-0"));
    const events = recordedEvents(lab("preview-same.streaming.jsonl"));
    const end = events.findIndex(({ summaryEvent }) => summaryEvent);
    const change = readEventLog([...events.slice(0, end), deletion as Event, ...events.slice(end)]);
    expect(change.before?.pendingDeletion.map(({ name }) => name)).toEqual(["llm-node-0"]);
    expect(change.after.pendingDeletion).toEqual([]);
    expect(namesOf(change.after)).toEqual(two);
  });
});

describe("a log of an update that failed", () => {
  test("a machine that was not made is not counted, and is named", () => {
    const change = readEventLog(failing(up(), "create", "llm-node-1"));
    expect(change.failed).toEqual([expect.stringMatching(/::llm-node-1$/)]);
    expect(namesOf(change.after)).toEqual(two.filter((name) => name !== "llm-node-1"));
    expect(stepsOf(change)).not.toContain("create llm-node-1");
  });

  test("a resource whose update failed is as it was", () => {
    const change = readEventLog(failing(replacing(), "update", "llm"));
    expect(named(change.after, "llm").inputs).toEqual(named(change.before, "llm").inputs);
    expect(stepsOf(change)).toEqual(["replace llm-node-0", "replace llm-node-1"]);
  });

  test("a machine that went before its successor could be made is gone, and nothing is billed for it", () => {
    const change = readEventLog(failing(goingFirst(replacing(), "llm-node-0"), "create-replacement", "llm-node-0"));
    expect(change.failed).toEqual([expect.stringMatching(/::llm-node-0$/)]);
    expect(namesOf(change.before)).toContain("llm-node-0");
    expect(namesOf(change.after)).not.toContain("llm-node-0");
    expect(change.before?.pendingDeletion).toEqual([]);
  });

  test("a machine that was to go first, and could not be deleted, is as it was", () => {
    const events = goingFirst(replacing(), "llm-node-0").filter(
      (event) => !["replace", "create-replacement"].some((op) => isOf(event, op, "llm-node-0")),
    );
    const change = readEventLog(failing(events, "delete-replaced", "llm-node-0"));
    for (const side of [change.before, change.after]) {
      expect(named(side, "llm-node-0").inputs.instanceType).toBe("p5.48xlarge");
    }
    expect([change.before?.pendingDeletion, change.after.pendingDeletion]).toEqual([[], []]);
  });

  test("what went first, and was not come to again because something else failed, is gone", () => {
    const events = goingFirst(replacing(), "llm-node-0").filter(
      (event) => !["replace", "create-replacement"].some((op) => isOf(event, op, "llm-node-0")),
    );
    const change = readEventLog(failing(events, "update", "llm"));
    expect(namesOf(change.before)).toContain("llm-node-0");
    expect(namesOf(change.after)).not.toContain("llm-node-0");
    expect(change.before?.pendingDeletion).toEqual([]);
  });

  test("a machine whose successor could not be made is still there, and still billed", () => {
    // The engine does not come to `replace` and `delete-replaced` when `create-replacement` failed.
    const events = replacing().filter(
      (event) => !["replace", "delete-replaced"].some((op) => isOf(event, op, "llm-node-0")),
    );
    const change = readEventLog(failing(events, "create-replacement", "llm-node-0"));
    expect(change.failed).toEqual([expect.stringMatching(/::llm-node-0$/)]);
    expect(named(change.before, "llm-node-0").inputs.instanceType).toBe("p5.48xlarge");
    expect(named(change.after, "llm-node-0").inputs.instanceType).toBe("p5.48xlarge");
    expect(stepsOf(change)).not.toContain("replace llm-node-0");
  });

  test("a machine that was replaced and could not be deleted is billed beside its successor", () => {
    const change = readEventLog(failing(replacing(), "delete-replaced", "llm-node-0"));
    expect(change.failed).toEqual([expect.stringMatching(/::llm-node-0$/)]);
    expect(named(change.after, "llm-node-0").inputs.instanceType).toBe("p5en.48xlarge");
    expect(change.after.pendingDeletion.map(({ name, inputs }) => [name, inputs.instanceType])).toEqual([
      ["llm-node-0", "p5.48xlarge"],
    ]);
  });

  test("a program that threw in the middle of an update: a reader is told that it failed", () => {
    const events = up();
    const end = events.findIndex(({ summaryEvent }) => summaryEvent);
    const broken = { sequence: 54, diagnosticEvent: { severity: "error", message: "TypeError: no\n at index.js" } };
    const summary = { ...events[end], summaryEvent: { isPreview: false, result: "failed" } };
    const change = readEventLog([...events.slice(0, end), broken, summary as Event]);
    expect(namesOf(change.after)).toEqual(two);
    expect(change.notes.join("\n")).toMatch(/failed/);
  });

  test("a preview that failed is refused with the engine's words", () => {
    const events = recordedEvents(lab("preview-same.streaming.jsonl"));
    const broken = {
      sequence: 58,
      diagnosticEvent: { severity: "error", message: "error: no such image\n at index.js" },
    };
    expect(() => readEventLog([...events.slice(0, -2), broken, ...events.slice(-2)])).toThrow(
      /^given: the preview failed: error: no such image\. Fix: /,
    );
  });
});

describe("a log that is cut off", () => {
  const lines = () => up().map((event) => JSON.stringify(event));

  test("in its last line: what stands before it counts, and a reader is told", () => {
    const all = lines();
    const text = [...all.slice(0, -3), (all.at(-3) ?? "").slice(0, 100)].join("\n");
    const change = read(text);
    expect(namesOf(change.after)).toEqual(two);
    expect(change.notes).toEqual([expect.stringContaining("no end")]);
  });

  test("between two lines: the same", () => {
    expect(read(`${lines().slice(0, -2).join("\n")}\n`).notes).toEqual([expect.stringContaining("no end")]);
  });

  test("in its first lines: still a log, and an empty one", () => {
    const [first = "", second = ""] = lines();
    for (const text of [first, `${first}\n`, `${first}\n${second.slice(0, 20)}`]) {
      expect(read(text)).toMatchObject({ kind: "event log", steps: [] });
    }
  });

  test("in the middle: the line is named", () => {
    const all = lines();
    const text = [...all.slice(0, 10), "{", ...all.slice(10)].join("\n");
    expect(() => read(text)).toThrow(/^given: line 11 is no engine event\. Fix: /);
  });
});

test("a preview and its streaming form say the same", () => {
  const whole = read(recorded<Preview>(lab("preview-same.show-sames.json")));
  const streamed = readRecorded(lab("preview-same.streaming.jsonl"));
  for (const side of ["before", "after"] as const) {
    const facts = (change: typeof whole) =>
      (change[side]?.records ?? [])
        .map(({ urn, type, inputs }) => ({ urn, type, inputs }))
        .sort((left, right) => (left.urn < right.urn ? -1 : 1));
    expect(facts(streamed)).toEqual(facts(whole));
  }
});
