import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Pulumi, realPulumi } from "../../cli/replace/pulumi";

/** A program of that name on PATH, as a script. */
function pulumiThat(script: string): Pulumi {
  const folder = mkdtempSync(join(tmpdir(), "pulumi-"));
  writeFileSync(join(folder, "pulumi"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "pulumi"), 0o755);
  return realPulumi(folder, { ...process.env, PATH: `${folder}:${process.env.PATH}` });
}

let shown: string;
let onShown: () => void;

beforeEach(() => {
  shown = "";
  onShown = () => undefined;
  jest.spyOn(process.stderr, "write").mockImplementation((text) => {
    shown += String(text);
    onShown();
    return true;
  });
});
afterEach(() => jest.restoreAllMocks());

test("a run's exit code and both of its outputs are handed back, and shown when asked for", async () => {
  const pulumi = pulumiThat('echo "out $1 $2"; echo err >&2; exit 3');
  expect(await pulumi.run(["stack", "export"])).toEqual({ code: 3, stdout: "out stack export\n", stderr: "err\n" });
  expect(shown).toBe("");
  await pulumi.run(["up"], { show: true });
  expect(shown.split("\n").sort()).toEqual(["", "err", "out up "]);
});

test("without the program the error says what to do", async () => {
  await expect(realPulumi(tmpdir(), { PATH: "/nowhere" }).run(["stack"])).rejects.toThrow(
    /^the Pulumi CLI.* is not installed. Fix: install it/,
  );
});

test("an interrupt reaches the run under way, and nothing when there is none", async () => {
  const pulumi = pulumiThat("trap 'kill $!; echo stopping; exit 7' INT; echo begun; tail -f /dev/null & wait");
  pulumi.interrupt();
  onShown = () => {
    if (shown === "begun\n") pulumi.interrupt();
  };
  expect(await pulumi.run(["up"], { show: true })).toMatchObject({ code: 7, stdout: "begun\nstopping\n" });
});

test("a preview is asked for as one document, whatever the environment says", async () => {
  process.env.PULUMI_ENABLE_STREAMING_JSON_PREVIEW = "true";
  try {
    const { stdout } = await pulumiThat('echo "[$PULUMI_ENABLE_STREAMING_JSON_PREVIEW]"').run(["preview"]);
    expect(stdout).toBe("[]\n");
  } finally {
    delete process.env.PULUMI_ENABLE_STREAMING_JSON_PREVIEW;
  }
});
