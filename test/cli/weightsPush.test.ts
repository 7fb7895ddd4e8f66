import { createHash } from "node:crypto";
import { commit } from "../support/hubServer";
import { bytes, prefix, useWeights } from "../support/weightsRuns";

const { s3, hub, push, failure, addModel, weights, contents, manifest, progress } = useWeights();
const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");

describe("from a hub", () => {
  test("every file is in the store, with its checksum, and the manifest names commit, sizes and checksums", async () => {
    addModel();
    const said = await push();
    expect(weights()).toEqual(contents());
    const files = [...hub.files].map(([path, file]) => ({ path, size: file.bytes.length, sha256: sha256(file.bytes) }));
    files.sort((one, other) => (one.path < other.path ? -1 : 1));
    expect(manifest()).toEqual({ version: 1, source: `hf:acme/tiny@${commit}`, files });
    for (const { path, sha256: checksum } of files)
      expect(s3.objects.get(`${prefix}/${path}`)?.metadata).toEqual({ sha256: checksum });
    expect(said).toContain(`s3://${s3.bucket}/${prefix}/ holds hf:acme/tiny@${commit}: 5 files`);
    expect(said).toMatch(/storage: \$0\.00 a month \(S3 Standard, us-east-1, price of \d{4}-\d\d-\d\d\)/);
  });

  test("the manifest is written when everything that it names is there", async () => {
    addModel();
    let there: string[] = [];
    s3.onRequest = (line) => {
      if (line === `PUT ${prefix}/manifest.json`) there = Object.keys(weights());
    };
    await push();
    expect(there.sort()).toEqual([...hub.files.keys()].sort());
  });

  test("nothing is left beside: no upload, no note of one", async () => {
    addModel();
    await push();
    expect(s3.uploads.size).toBe(0);
    expect([...s3.objects.keys()].filter((key) => !key.startsWith(`${prefix}/`))).toEqual([]);
  });

  test("a second push finds everything there, says so, and changes nothing", async () => {
    addModel();
    await push();
    s3.requests.length = hub.requests.length = 0;
    expect(await push()).toContain("everything was there already, and nothing was done");
    expect(s3.writes).toEqual([]);
    expect(hub.requests.filter((line) => /safetensors$|CDN/.test(line))).toEqual([]);
  });

  test("only what is different is sent: other content of the same size, another size, and what was copied by hand", async () => {
    addModel();
    await push();
    hub.add("model-a.safetensors", bytes(300, 77));
    s3.putText(`${prefix}/tokenizer.json`, "{}");
    s3.putText(`${prefix}/config.json`, "{", { sha256: sha256(Buffer.from('{"model_type":"llama"}')) });
    const { sent } = JSON.parse(await push({ options: { json: true } }));
    expect(sent.map(({ path }: { path: string }) => path)).toEqual([
      "config.json",
      "model-a.safetensors",
      "tokenizer.json",
    ]);
    expect(weights()).toEqual(contents());
  });

  test("a manifest that is gone or of other files is written anew, and no file is sent", async () => {
    addModel();
    await push();
    s3.putText(`${prefix}/manifest.json`, "{}");
    expect(await push()).toContain("everything was there already; the manifest was written");
    expect(manifest().files).toHaveLength(5);
  });

  test.each(["v1.0", "refs/pr/7", commit])("revision %s is pinned to its commit", async (revision) => {
    addModel();
    await push({ options: { from: `hf:acme/tiny@${revision}` } });
    expect(manifest().source).toBe(`hf:acme/tiny@${commit}`);
    expect(hub.requests[0]).toBe(`GET /api/models/acme/tiny/revision/${encodeURIComponent(revision)}`);
  });

  test("without --from it is the catalogue's first repository of the decision's checkpoint, and that is said", async () => {
    hub.repository = "meta-llama/Llama-3.1-8B-Instruct";
    addModel();
    await push({ options: { from: undefined } });
    expect(manifest().source).toBe(`hf:meta-llama/Llama-3.1-8B-Instruct@${commit}`);
    expect(progress()).toContain("hf:meta-llama/Llama-3.1-8B-Instruct@0123456789ab (by the catalogue)");
  });

  test("the hub is HF_ENDPOINT where --hub is not given", async () => {
    addModel();
    await push({ options: { hub: undefined }, env: { HF_ENDPOINT: hub.url } });
    expect(weights()).toEqual(contents());
  });

  test("names with spaces and letters of any language come through", async () => {
    addModel();
    hub.add("añadido & más.json", "{}");
    await push();
    expect(weights()).toEqual(contents());
  });

  test("an empty file is a file", async () => {
    addModel();
    hub.add("merges.txt", "");
    await push();
    expect(weights()["merges.txt"]).toEqual(Buffer.alloc(0));
  });

  test.each([0, 1, 127, 128, 129, 128 * 7 - 1, 128 * 7, 128 * 7 + 1])(
    "a file of %i bytes comes whole",
    async (size) => {
      addModel();
      hub.add("notes.json", bytes(size, 5), true);
      if (size === 0) hub.files.delete("notes.json");
      await push();
      expect(weights()).toEqual(contents());
    },
  );

  test("weights that are far from the planned size are warned of: most likely another precision", async () => {
    addModel();
    await push();
    expect(progress()).toMatch(
      /warning: the weights have 0\.0 GB, and llama-3\.1-8b in bf16 is planned with 16\.\d GB/,
    );
  });
});

test("files go side by side, since a file is hashed in order; the last one has all slots to itself", async () => {
  addModel({ a: bytes(1000, 1), b: bytes(1000, 2) });
  await push({ options: { parallel: "2" } });
  const files = s3.partsTaken.map((part) => /model-(.)/.exec(part)?.[1]).join("");
  expect(files.slice(0, 8)).toMatch(/a.*b.*a|b.*a.*b/);
  expect([...files].sort().join("")).toBe("aaaaaaaabbbbbbbb");
});

test("progress is a line for each file where it goes to a file", async () => {
  addModel();
  let time = 0;
  await push({ world: { now: () => (time += 10_000) } });
  const lines = progress().split("\n");
  expect(
    lines.filter((line) =>
      /^model-[ab]\.safetensors \(.*\): .* of 1\.\d kB \(\d+ %\), .*\/s, \d+ \w+ left$/.test(line),
    ),
  ).toHaveLength(2);
});

test("on a terminal it is one line, written over, no wider than the terminal", async () => {
  addModel();
  const written: string[] = [];
  let time = 0;
  const terminal = { isTerminal: true, columns: 40, write: (text: string) => void written.push(text) };
  await push({ world: { progress: terminal, now: () => (time += 10_000) } });
  const painted = written.filter((text) => text.startsWith("\r"));
  expect(painted.length).toBeGreaterThan(3);
  for (const text of painted) expect(text.slice("\r\u001b[K".length).length).toBeLessThan(40);
  expect(painted.at(-1)).toContain("(100 %)");
});

test.each(["0", "65", "many", "1.5"])("--parallel %s is refused", async (parallel) => {
  expect((await failure({ options: { parallel } })).message).toContain("--parallel");
});
