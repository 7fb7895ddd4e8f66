import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Account } from "./account";

/** A resource as the cloud has it, whoever made it. */
export interface WorldResource {
  id: string;
  /** Pulumi type token. */
  type: string;
  /** Name in the program that made it; the cloud itself does not know it, tests do. */
  name: string;
  inputs: Record<string, unknown>;
  /** What the cloud adds: arns, addresses, generated names. */
  attributes: Record<string, unknown>;
  /** Whether no stack has it: it was there before, or a stack let go of it and the cloud kept it. */
  foreign?: boolean;
}

/** A failure that a test orders: of the nth call of an operation on a kind, counted over the life of the world. */
export interface Fault {
  operation: "create" | "update" | "delete";
  /** Type token, or its last part. */
  kind: string;
  nth: number;
  /** `fail` makes nothing; `throttle` fails once with the cloud's word for it; `timeout` makes the thing and then fails; `hang` never answers. */
  what: "fail" | "throttle" | "timeout" | "hang";
  message?: string;
}

interface State {
  counter: number;
  calls: Record<string, number>;
  resources: Record<string, WorldResource>;
  faults: Fault[];
  /** Facts of the account that look-ups answer from, such as the newest image. */
  facts: Record<string, string>;
  account: Account;
  /** What was asked of the cloud, in order: `create aws:ec2/vpc:Vpc llm-vpc`. */
  log: string[];
}

/**
 * The stand-in's memory: a file, read before and written after every call, whole or not at all, so that a provider that
 * is killed leaves the world as its last call left it.
 */
export class World {
  constructor(private readonly file: string) {}

  read(): State {
    if (!existsSync(this.file))
      return { counter: 0, calls: {}, resources: {}, faults: [], facts: {}, account: {}, log: [] };
    return JSON.parse(readFileSync(this.file, "utf8")) as State;
  }

  /** Changes the world and returns what the change returns. A change that throws changes nothing. */
  change<T>(act: (state: State) => T): T {
    const state = this.read();
    const result = act(state);
    writeFileSync(`${this.file}.aside`, JSON.stringify(state, undefined, 1));
    renameSync(`${this.file}.aside`, this.file);
    return result;
  }

  /** What stacks have in it. */
  resources(): WorldResource[] {
    return Object.values(this.read().resources).filter(({ foreign }) => !foreign);
  }

  /** What is in it and belongs to no stack. */
  foreign(): WorldResource[] {
    return Object.values(this.read().resources).filter(({ foreign }) => foreign);
  }

  /** The resources of a kind, by the last part of its token. */
  all(kind: string): WorldResource[] {
    return this.resources().filter(({ type }) => type.endsWith(`:${kind}`));
  }

  get account(): Account {
    return this.read().account;
  }

  /** Sets facts of the account; the others stay. */
  know(facts: Account): void {
    this.change((state) => {
      Object.assign(state.account, facts);
    });
  }

  /** Things that happen behind the engine's back: a machine that dies, a setting that somebody changes by hand. */
  lose(name: string): void {
    this.change(({ resources }) => {
      for (const [id, resource] of Object.entries(resources)) if (resource.name === name) delete resources[id];
    });
  }

  alter(name: string, inputs: Record<string, unknown>): void {
    this.change(({ resources }) => {
      for (const resource of Object.values(resources))
        if (resource.name === name) Object.assign(resource.inputs, inputs);
    });
  }

  set(fact: string, value: string): void {
    this.change((state) => {
      state.facts[fact] = value;
    });
  }

  order(...faults: Fault[]): void {
    this.change((state) => {
      state.faults = faults;
      state.calls = {};
    });
  }
}

/** What the cloud refuses, with its own error code. */
export class CloudError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}
