import { randomBytes } from "node:crypto";
import type { Provider } from "@pulumi/pulumi/provider";
import type { Account } from "./account";
import { type Kind, names, valuesAt } from "./kinds";
import { CloudError, type Fault, type World, type WorldResource } from "./world";

/** What a cloud is to the provider: its kinds, which properties replace, and its look-ups. */
export interface Cloud {
  version: string;
  kinds: Readonly<Record<string, Kind>>;
  /** Properties whose change replaces, by type token; `a.b` for a nested one. */
  replacements: Readonly<Record<string, { replaces: readonly string[] }>>;
  lookups: Readonly<Record<string, (inputs: Record<string, unknown>, world: World) => Record<string, unknown>>>;
}

const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A Pulumi provider that serves a cloud out of a world file. */
export class StandIn implements Provider {
  readonly version: string;

  constructor(
    private readonly cloud: Cloud,
    private readonly world: World,
  ) {
    this.version = cloud.version;
  }

  /** Fills in automatic names, as the real provider does here: the name before, or the resource's own with seven hex digits. */
  check = async (urn: string, olds: Inputs, news: Inputs) => {
    const kind = this.kindOf(typeOf(urn));
    const inputs = { ...news };
    if (kind.autoName && inputs[kind.autoName.property] === undefined) {
      const { property, longest } = kind.autoName;
      const name = olds?.[property] ?? `${nameOf(urn)}-${randomBytes(4).toString("hex").slice(0, 7)}`;
      if (String(name).length > longest)
        throw new Error(`name '${name}' is longer than the ${longest} characters that ${typeOf(urn)} allows`);
      inputs[property] = name;
    }
    return { inputs };
  };

  diff = async (_id: string, urn: string, olds: Inputs, news: Inputs) => {
    const computed = this.computedOf(urn, olds);
    const before = Object.keys(olds).filter((key) => !computed.has(key) || key in news);
    const changed = [...new Set([...before, ...Object.keys(news)])].filter((key) => !same(olds[key], news[key]));
    const replaces = (this.cloud.replacements[typeOf(urn)]?.replaces ?? []).filter((property) => {
      const [key = "", ...rest] = property.split(".");
      const inner = (inputs: Inputs) => (rest.length === 0 ? inputs[key] : valuesAt(inputs[key], rest.join("."))[0]);
      return changed.includes(key) && !same(inner(olds), inner(news));
    });
    return { changes: changed.length > 0, replaces };
  };

  create = async (urn: string, inputs: Inputs) => {
    const type = typeOf(urn);
    const kind = this.kindOf(type);
    const fault = await this.note("create", type, nameOf(urn));
    const made = this.world.change((state) => {
      const others = Object.values(state.resources);
      state.counter += 1;
      const resource: WorldResource = { id: "", type, name: nameOf(urn), inputs, attributes: {} };
      this.refuseUnlessValid(kind, resource, others, state.account);
      resource.id = `${kind.id}${(0x0a0000000 + state.counter).toString(16).padStart(17, "0")}`;
      resource.attributes = { ...kind.attributes?.(resource, others, state.account) };
      if (kind.id === "arn") resource.id = String(resource.attributes.arn);
      if (kind.id === "adopted") resource.id = String(resource.attributes.id);
      if (kind.id === "name") resource.id = String(inputs.name ?? inputs.bucket);
      state.resources[resource.id] = resource;
      return resource;
    });
    const outs = stateOf(made);
    if (fault)
      throw Object.assign(new CloudError("Timeout", `waiting for ${made.id} to be ready`), {
        id: made.id,
        properties: outs,
        reasons: [fault.message ?? "timeout while waiting for state to become ready"],
      });
    return { id: made.id, outs };
  };

  /** What a preview of a creation knows: the inputs. What the cloud adds is unknown. */
  previewCreate(urn: string, inputs: Inputs): Inputs {
    const unknown = [...this.computedOf(urn, inputs)]
      .filter((name) => name !== "id" && !(name in inputs))
      .map((name) => [name, unknownValue]);
    return { ...inputs, ...Object.fromEntries(unknown) };
  }

  /** What a preview of an update knows: the new inputs, and what the cloud added before, except what any change draws anew. */
  previewUpdate(urn: string, olds: Inputs, news: Inputs): Inputs {
    const kept = [...this.computedOf(urn, olds)]
      .filter((name) => name in olds && !(name in news))
      .map((name) => [name, olds[name]]);
    const drawn = (this.kindOf(typeOf(urn)).drawnAnew ?? []).map((name) => [name, unknownValue]);
    return { ...news, ...Object.fromEntries(kept), ...Object.fromEntries(drawn) };
  }

  read = async (id: string, _urn: string, _props: unknown) => {
    const found = this.world.read().resources[id];
    if (!found) return { id: "", props: {} };
    return { id, props: stateOf(found), inputs: found.inputs };
  };

  update = async (id: string, urn: string, _olds: Inputs, news: Inputs) => {
    const type = typeOf(urn);
    const kind = this.kindOf(type);
    await this.note("update", type, nameOf(urn));
    return this.world.change((state) => {
      const resource = state.resources[id];
      if (!resource) throw new CloudError("NotFound", `${id} does not exist`);
      const others = Object.values(state.resources).filter((other) => other.id !== id);
      const next = { ...resource, inputs: news };
      this.refuseUnlessValid(kind, next, others, state.account);
      next.attributes = { ...resource.attributes, ...kind.attributes?.(next, others, state.account) };
      state.resources[id] = next;
      return { outs: stateOf(next) };
    });
  };

  delete = async (id: string, urn: string) => {
    await this.note("delete", typeOf(urn), nameOf(urn));
    this.world.change((state) => {
      const resource = state.resources[id];
      if (!resource) return;
      const others = Object.values(state.resources).filter((other) => other.id !== id);
      if (this.kindOf(resource.type).kept) {
        resource.foreign = true;
        return;
      }
      this.refuseIfHeld(resource, others);
      delete state.resources[id];
    });
  };

  invoke = async (token: string, inputs: Inputs) => {
    const lookup = this.cloud.lookups[token];
    if (!lookup) throw new Error(`the stand-in cloud does not answer ${token}`);
    return { outputs: lookup(inputs, this.world) };
  };

  private kindOf(type: string): Kind {
    const kind = this.cloud.kinds[type];
    if (!kind) throw new Error(`the stand-in cloud has no ${type}: add a row, with its source`);
    return kind;
  }

  private computedOf(urn: string, olds: Inputs): Set<string> {
    const kind = this.kindOf(typeOf(urn));
    const probe = { id: "", type: typeOf(urn), name: nameOf(urn), inputs: olds, attributes: {} };
    return new Set(["id", ...Object.keys(kind.attributes?.(probe, [], {}) ?? {})]);
  }

  private refuseUnlessValid(
    kind: Kind,
    resource: WorldResource,
    others: readonly WorldResource[],
    account: Account,
  ): void {
    for (const { property, kind: target, missing } of kind.references ?? []) {
      for (const value of valuesAt(resource.inputs, property)) {
        if (value === unknownValue) continue;
        if (!others.some((other) => other.type === target && names(other, value))) {
          throw new CloudError(missing, `${property}: ${JSON.stringify(value)} does not exist`);
        }
      }
    }
    const { autoName } = kind;
    if (autoName?.taken) {
      const name = resource.inputs[autoName.property];
      const taken = others.some((other) => other.type === resource.type && other.inputs[autoName.property] === name);
      if (taken) throw new CloudError(autoName.taken, `${JSON.stringify(name)} already exists`);
    }
    refuse(kind.refuse?.(resource, others, account));
  }

  private refuseIfHeld(resource: WorldResource, others: readonly WorldResource[]): void {
    for (const other of others) {
      for (const { property, kind, holds } of this.kindOf(other.type).references ?? []) {
        if (!holds || kind !== resource.type) continue;
        const held = valuesAt(other.inputs, property).some((value) => names(resource, value));
        if (held) throw new CloudError(holds, `${resource.id} is still used by ${other.id}`);
      }
    }
    refuse(this.kindOf(resource.type).refuseDelete?.(resource, others));
  }

  /** Notes the call, and does what a test ordered for it. Returns a fault that lets the call act first. */
  private async note(operation: Fault["operation"], type: string, name: string): Promise<Fault | undefined> {
    const fault = this.world.change((state) => {
      state.log.push(`${operation} ${type} ${name}`);
      return state.faults.find(({ operation: wanted, kind, nth }) => {
        if (wanted !== operation || (type !== kind && !type.endsWith(`:${kind}`))) return false;
        const key = `${operation} ${kind}`;
        state.calls[key] = (state.calls[key] ?? 0) + 1;
        return state.calls[key] === nth;
      });
    });
    if (fault?.what === "fail")
      throw new CloudError("InsufficientInstanceCapacity", fault.message ?? "ordered by the test");
    if (fault?.what === "throttle")
      throw new CloudError("RequestLimitExceeded", fault.message ?? "Request limit exceeded.");
    if (fault?.what === "hang") await new Promise(() => setInterval(() => {}, 1000));
    return fault;
  }
}

type Inputs = Record<string, unknown>;

function refuse(words: string | undefined): void {
  if (words === undefined) return;
  const [code = "", ...rest] = words.split(": ");
  throw new CloudError(code, rest.join(": "));
}

/** What the engine keeps: the inputs and what the cloud added. */
function stateOf({ inputs, attributes }: WorldResource): Inputs {
  // What is not there is left out: the engine's protocol has no word for it.
  return Object.fromEntries(Object.entries({ ...inputs, ...attributes }).filter(([, value]) => value !== undefined));
}

function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** Equality of plain values, whatever the order of keys. */
function same(left: unknown, right: unknown): boolean {
  return JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value ?? null;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
