import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { UserError } from "../../cli/output";
import { hubToken } from "../support/hubServer";
import { bytes, partBytes, prefix, useWeights } from "../support/weightsRuns";

const { s3, hub, waits, push, failure, addModel, weights, contents, manifest } = useWeights();
beforeEach(() => addModel());

/** A token as `hf auth login` leaves it. */
function tokenFile(): string {
  const path = join(mkdtempSync(join(tmpdir(), "hf-")), "token");
  writeFileSync(path, `${hubToken}\n`);
  return path;
}

describe("faults that pass", () => {
  test("of the hub are waited out, longer each time, and as long as it asks", async () => {
    hub.instead.push({ on: /revision/, fault: { status: 502 } });
    hub.instead.push({ on: /revision/, fault: { dropped: true } });
    hub.instead.push({ on: /revision/, fault: { status: 429, headers: { "retry-after": "17" } } });
    hub.instead.push({ on: /revision/, fault: { status: 429, headers: { ratelimit: '"api";r=0;t=55' } } });
    await push();
    expect(waits).toEqual([1000, 2000, 17_000, 55_000]);
    expect(weights()).toEqual(contents());
  });

  test("a download that breaks goes on where it broke", async () => {
    hub.instead.push({ on: /^CDN \/model-b.* bytes=0-127/, fault: { cutAfter: 50 } });
    await push();
    expect(weights()).toEqual(contents());
    expect(hub.requests.some((line) => /^CDN \/model-b.* bytes=50-127$/.test(line))).toBe(true);
  });

  test("an address of the CDN that has expired is asked for anew", async () => {
    hub.addressLasts = 2;
    await push();
    expect(weights()).toEqual(contents());
    expect(waits).toEqual([]);
  });

  test("the hub is asked once for an address that lasts, not for every part", async () => {
    await push({ options: { parallel: "1" } });
    expect(hub.requests.filter((line) => /^GET .*model-b/.test(line))).toHaveLength(1);
    expect(hub.requests.filter((line) => /^CDN \/model-b/.test(line))).toHaveLength(8);
  });

  test("a small file that comes whole, though a part of it was asked for, is taken", async () => {
    hub.instead.push(
      { on: /resolve.*tokenizer/, fault: { cutAfter: 1 } },
      { on: /resolve.*tokenizer/, fault: { whole: true } },
    );
    await push();
    expect(weights()).toEqual(contents());
  });

  test.each([
    ["an answer of 500", { status: 500 }],
    ["a connection that breaks", { dropped: true }],
    ["an answer that is lost", { lost: true }],
    ["too many requests", { status: 503, code: "SlowDown" }],
  ])("of S3 are waited out: %s", async (_, fault) => {
    const points = [/partNumber=3/, /\?uploads/, /^PUT models.*config/, /^GET \?list/, /^POST .*uploadId/];
    for (const on of points) s3.instead.push({ on, fault });
    await push();
    expect(s3.instead).toEqual([]);
    expect(weights()).toEqual(contents());
    expect(manifest().files).toHaveLength(5);
  });

  test("a fault that stays is an error after six tries, and says what is kept", async () => {
    for (let count = 0; count < 9; count++) hub.instead.push({ on: /^CDN \/model-a/, fault: { status: 503 } });
    const { message } = await failure({ options: { parallel: "1" } });
    expect(message).toBe(
      "hf:acme/tiny model-a.safetensors: the hub answers 503, 6 times. Fix: check the network, and run the command again; what was sent is kept",
    );
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000]);
  });

  test("nobody waits an hour for a limit", async () => {
    hub.instead.push({ on: /revision/, fault: { status: 429, headers: { "retry-after": "3600" } } });
    expect((await failure()).message).toContain("429, and it asks to wait 3600 s");
    expect(waits).toEqual([]);
  });
});

describe("wrong bytes", () => {
  test.each(["model-a.safetensors", "model-b.safetensors"])("of %s leave nothing of that file", async (path) => {
    hub.corrupt.add(path);
    const { message } = await failure();
    expect(message).toMatch(
      new RegExp(`${path} has SHA-256 [0-9a-f]{64} and should have [0-9a-f]{64}: .* nothing of it is kept`),
    );
    expect(weights()).not.toHaveProperty([path]);
    expect([...s3.uploads.values()].map(({ key }) => key)).not.toContain(`${prefix}/${path}`);
    expect([...s3.objects.keys()]).not.toContain(`pushes/${prefix}/${path}.json`);
    expect(manifest()).toBeNull();
    hub.corrupt.clear();
    await push();
    expect(weights()).toEqual(contents());
  });

  test("do not take the place of what was there, nor of its manifest", async () => {
    await push();
    const before = s3.texts();
    hub.add("model-b.safetensors", bytes(1000, 9));
    hub.corrupt.add("model-b.safetensors");
    await failure();
    expect(s3.texts()).toEqual(before);
  });

  test("of one small file of the hub's own, when it is cut, are an error and not a shorter file", async () => {
    for (let count = 0; count < 9; count++) hub.instead.push({ on: /resolve.*config\.json/, fault: { cutAfter: 3 } });
    expect((await failure()).message).toMatch(/config\.json: the connection broke after|no answer/);
    expect(weights()).not.toHaveProperty(["config.json"]);
  });

  test("a folder that somebody writes to is an error, and nothing of that file stays", async () => {
    const root = mkdtempSync(join(tmpdir(), "model-"));
    writeFileSync(join(root, "config.json"), "{}");
    writeFileSync(join(root, "model.safetensors"), bytes(1000, 3));
    s3.onRequest = (line) => {
      if (line.includes("partNumber=1")) writeFileSync(join(root, "model.safetensors"), bytes(1000, 4));
    };
    const { message } = await failure({ options: { from: root, parallel: "1" } });
    expect(message).toMatch(/model\.safetensors has SHA-256 .* Fix: push the folder when nobody writes to it/);
    expect(weights()).not.toHaveProperty(["model.safetensors"]);
    expect(s3.uploads.size).toBe(0);
  });
});

describe("the hub refuses", () => {
  test("a gated model without a token: where to accept, and how to set one", async () => {
    hub.gated = true;
    const { message } = await failure();
    expect(message).toContain("hf:acme/tiny: access is refused (401): the model is gated");
    expect(message).toContain(`Fix: open ${hub.url}/acme/tiny, accept its terms`);
    expect(message).toContain("set HF_TOKEN, or run 'hf auth login'");
  });

  test("a gated model with a token that may not: the token is not shown", async () => {
    hub.gated = true;
    const { message } = await failure({ env: { HF_TOKEN: "hf_of-somebody-else" } });
    expect(message).toContain("access is refused (403)");
    expect(message).not.toContain("somebody-else");
  });

  test.each([
    ["HF_TOKEN", () => ({ HF_TOKEN: hubToken })],
    ["the token file", () => ({ HF_TOKEN_PATH: tokenFile() })],
    ["the token file of HF_HOME", () => ({ HF_HOME: join(tokenFile(), "..") })],
  ])("a gated model is had with the token of %s, which the CDN does not get to see", async (_, env) => {
    hub.gated = true;
    await push({ env: env() });
    expect(weights()).toEqual(contents());
    expect(hub.tokensAtCdn).toEqual([]);
    expect(JSON.stringify(s3.texts())).not.toContain(hubToken);
  });

  test("a token with a space in it is refused without being shown", async () => {
    const { message } = await failure({ env: { HF_TOKEN: "hf_two words" } });
    expect(message).toContain("HF_TOKEN: has characters that no token has");
    expect(message).not.toContain("two words");
  });

  test.each([
    [
      "a repository that is not there",
      "hf:acme/none",
      /does not show it \(401\): it is gated or private, or does not exist/,
    ],
    ["a revision that is not there", "hf:acme/tiny@v9", /has no revision v9/],
    ["what is no repository", "hf:acme/tiny/x", /is no repository/],
    ["a way out of the API", "hf:../admin", /is no repository/],
  ])("%s", async (_, from, message) => {
    expect((await failure({ options: { from } })).message).toMatch(message);
    expect(s3.requests).toEqual([]);
  });

  test.each(["ftp://hub.test", "hub", "https://me:secret@hub.test"])("--hub %s is refused", async (address) => {
    const { message } = await failure({ options: { hub: address } });
    expect(message).toContain("--hub: is not the plain address of a hub");
    expect(message).not.toContain("secret");
  });

  test("parts of a large file: it says so, and does not send a part as the whole", async () => {
    for (let count = 0; count < 20; count++) hub.instead.push({ on: /^CDN \/model-b/, fault: { whole: true } });
    expect((await failure()).message).toContain("does not serve parts of files (HTTP Range)");
    expect(weights()).not.toHaveProperty(["model-b.safetensors"]);
  });

  test("checksums: a mirror that names none is read to learn them", async () => {
    hub.namesChecksums = false;
    await push();
    expect(weights()).toEqual(contents());
    s3.requests.length = 0;
    expect(await push()).toContain("everything was there already");
    expect(s3.writes).toEqual([]);
  });

  test.each(["../../etc/config.json", "/config.json", "a/../config.json", "a\\b.json"])(
    "and a path that leads out of the folder is refused: %s",
    async (path) => {
      hub.add(path, "{}");
      expect((await failure()).message).toContain("is no path below a model's folder");
      expect(s3.writes).toEqual([]);
    },
  );

  test("and an answer that is no hub's is an error", async () => {
    hub.instead.push({ on: /revision/, fault: { status: 200 } });
    expect((await failure()).message).toContain("does not answer as a Hugging Face hub does");
  });
});

describe("S3 refuses", () => {
  test.each([
    [403, "AccessDenied", /access is denied\. Fix: these credentials need s3:ListBucket on .* kms:GenerateDataKey/],
    [400, "ExpiredToken", /the AWS credentials have expired\. Fix: set AWS_PROFILE/],
    [403, "InvalidAccessKeyId", /AWS does not know the access key/],
    [400, "SomethingNew", /SomethingNew \(400\): SomethingNew of the test\. Fix: run the command again later/],
  ])("%i %s is an error with what to do", async (status, code, message) => {
    s3.instead.push({ on: /^GET \?list/, fault: { status, code } });
    expect((await failure()).message).toMatch(message);
  });

  test("a HEAD without a body: 403 is still a lack of rights", async () => {
    await push();
    s3.instead.push({ on: /^HEAD/, fault: { status: 403, code: "AccessDenied" } });
    expect((await failure()).message).toContain("access is denied");
  });

  test("parts that somebody removed under way are an error; the next push begins that file anew", async () => {
    s3.onRequest = (line) => {
      if (line.includes("model-b") && line.includes("partNumber=4")) s3.uploads.clear();
    };
    expect((await failure({ options: { parallel: "1" } })).message).toContain("was removed while it was under way");
    s3.onRequest = () => undefined;
    await push();
    expect(weights()).toEqual(contents());
  });
});

describe("Ctrl-C", () => {
  async function interruptAt(line: RegExp): Promise<UserError> {
    let stop: () => void = () => undefined;
    let heard = 0;
    s3.onRequest = (request) => {
      if (line.test(request)) stop();
    };
    const onInterrupt = (callback: () => void) => {
      stop = callback;
      return () => void heard++;
    };
    const error = await failure({ options: { parallel: "1" }, world: { onInterrupt } });
    expect(heard).toBe(1);
    s3.onRequest = () => undefined;
    return error;
  }

  test("ends with 130, says how to go on, and the rest goes on from the part where it stopped", async () => {
    const { message, code } = await interruptAt(/model-b.*partNumber=5/);
    expect(code).toBe(130);
    expect(message).toMatch(
      /^stopped; .* Fix: continue with: llm-cluster weights push \S+ --from hf:acme\/tiny@[0-9a-f]{40} --bucket weights-of-the-test --hub http\S+ --parallel 1$/,
    );
    expect(manifest()).toBeNull();
    s3.partsTaken.length = hub.requests.length = 0;
    await push({ options: { parallel: "1" } });
    expect(weights()).toEqual(contents());
    const parts = s3.partsTaken.filter((part) => part.includes("model-b"));
    expect(parts.every((part) => Number(part.split("#")[1]) >= 5)).toBe(true);
    // What is in the store and hashed is not read from the hub again.
    const read = hub.requests.flatMap((line) => /^CDN \/model-b.*bytes=(\d+)-/.exec(line)?.[1] ?? []);
    expect(Math.min(...read.map(Number))).toBeGreaterThanOrEqual(3 * partBytes);
  });

  test("before anything was sent is the same", async () => {
    expect((await interruptAt(/^GET \?list/)).code).toBe(130);
    await push();
    expect(weights()).toEqual(contents());
  });
});
