import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PushOptions, pushStackWeights } from "../../cli/commands/weights";
import { UserError } from "../../cli/output";
import type { World } from "../../cli/store/world";
import { HubServer, hubToken } from "./hubServer";
import { dev, projectWith, stackText } from "./projects";
import { S3Server } from "./s3Server";

/** Where the weights of the stack file below belong. */
export const prefix = "models/llama-3.1-8b/bf16";
/** Parts of the tests' uploads: small, and no smaller than a hash can be continued at. */
export const partBytes = 128;

/** What a run is different in. */
export interface Given {
  options?: PushOptions;
  env?: Record<string, string | undefined>;
  stackFile?: string;
  world?: Partial<World>;
  partBytes?: number;
}

/** A store and a hub for the tests of a file, empty before each, and the command run against them. */
export function useWeights() {
  const s3 = new S3Server();
  const hub = new HubServer();
  const printed: string[] = [];
  const told: string[] = [];
  /** How long the command waited between tries, milliseconds. */
  const waits: number[] = [];
  const home = mkdtempSync(join(tmpdir(), "home-"));
  const stackFile = projectWith("Pulumi.dev.yaml", stackText(dev));
  beforeAll(() => Promise.all([s3.start(), hub.start()]));
  afterAll(() => Promise.all([s3.stop(), hub.stop()]));
  beforeEach(() => {
    s3.clear();
    hub.clear();
    printed.length = told.length = waits.length = 0;
    jest.spyOn(console, "log").mockImplementation((line) => void printed.push(String(line)));
  });
  afterEach(() => jest.restoreAllMocks());

  const world: World = {
    env: { HOME: home },
    sleep: async (milliseconds) => void waits.push(milliseconds),
    now: Date.now,
    s3: (region) => s3.client(region),
    progress: { isTerminal: false, columns: 80, write: (text) => void told.push(text) },
    onInterrupt: () => () => undefined,
    run: async () => `${s3.bucket}\n`,
  };

  /** Runs the command; what it printed. */
  async function push(given: Given = {}): Promise<string> {
    printed.length = told.length = 0;
    const options = { from: "hf:acme/tiny", bucket: s3.bucket, hub: hub.url, ...given.options };
    const surroundings = { ...world, ...given.world, env: { ...world.env, ...given.env } };
    await pushStackWeights(given.stackFile ?? stackFile, options, surroundings, given.partBytes ?? partBytes);
    const said = [...printed, ...told].join("\n");
    expect(said).not.toContain(hubToken);
    return printed.join("\n");
  }

  /** The UserError that a run ends with. */
  async function failure(given: Given = {}): Promise<UserError> {
    const error = await push(given).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UserError);
    const { message } = error as UserError;
    expect(message).toContain("Fix: ");
    expect(message).not.toContain(hubToken);
    return error as UserError;
  }

  /** A model of some parts, as a repository has it. */
  function addModel(parts: Record<string, Buffer> = { a: bytes(300, 1), b: bytes(1000, 2) }): void {
    const names = Object.keys(parts).map((name) => [`layer.${name}`, `model-${name}.safetensors`]);
    hub.add("config.json", '{"model_type":"llama"}');
    hub.add("model.safetensors.index.json", JSON.stringify({ weight_map: Object.fromEntries(names) }));
    hub.add("tokenizer.json", "{}");
    for (const [name, part] of Object.entries(parts)) hub.add(`model-${name}.safetensors`, part);
  }

  /** The weights in the store, without the manifest. */
  function weights(): Record<string, Buffer> {
    const found = [...s3.objects].filter(([key]) => key.startsWith(`${prefix}/`) && !key.endsWith("/manifest.json"));
    return Object.fromEntries(found.map(([key, object]) => [key.slice(prefix.length + 1), object.bytes]));
  }

  /** What the hub has, to compare. */
  const contents = () => Object.fromEntries([...hub.files].map(([path, file]) => [path, file.bytes]));
  const manifest = () => JSON.parse(s3.texts()[`${prefix}/manifest.json`] ?? "null");
  const progress = () => told.join("");
  return { s3, hub, waits, world, stackFile, push, failure, addModel, weights, contents, manifest, progress };
}

/** So many bytes, the same for the same seed, that no two parts share. */
export function bytes(length: number, seed: number): Buffer {
  let state = seed * 2654435761 + 12345;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    }),
  );
}
