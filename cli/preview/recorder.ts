import * as grpc from "@grpc/grpc-js";
import * as engineService from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as engine from "@pulumi/pulumi/proto/engine_pb";
import * as provider from "@pulumi/pulumi/proto/provider_pb";
import * as resourceService from "@pulumi/pulumi/proto/resource_grpc_pb";
import * as resource from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { type ResourceRecord, unknownValue } from "../../pricing/records";
import { autoName } from "./autonames";
import { answerLookup } from "./lookups";

/** A registration as the program made it, with the options that the engine would act on. */
export interface RecordedResource extends ResourceRecord {
  dependencies: string[];
  protect: boolean;
  retainOnDelete: boolean;
  deleteBeforeReplace: boolean;
  ignoreChanges: string[];
  /** Properties whose change replaces the resource, beside those that the provider names. */
  replaceOnChanges: string[];
  /** How long the provider may take, such as `30m`; absent where its own limits hold. */
  customTimeouts?: { create?: string; update?: string; delete?: string };
  /** What registerOutputs gave, for components and the stack. */
  outputs?: Record<string, unknown>;
}

export interface Recording {
  resources: RecordedResource[];
  /** Errors that the program logged, in order. */
  errors: string[];
  warnings: string[];
  /** When the last resource was registered, on the clock of process.hrtime. */
  lastRegistrationAt: bigint;
}

/** A server that plays the engine's part for one dry run: it takes every registration down and creates nothing. */
export interface Recorder {
  address: string;
  recording: Recording;
  close(): void;
}

type Handler<Request, Response> = (
  call: { request: Request },
  reply: (error: Partial<grpc.ServiceError> | null, response?: Response) => void,
) => void;

/**
 * Starts the server. What a real engine's preview would not know, the program does not learn either: outputs are its
 * own inputs, everything else is unknown.
 */
export async function startRecorder(project: string, stack: string): Promise<Recorder> {
  const recording: Recording = { resources: [], errors: [], warnings: [], lastRegistrationAt: 0n };
  const byUrn = new Map<string, RecordedResource>();
  let rootUrn = "";

  const registerResource: Handler<resource.RegisterResourceRequest, resource.RegisterResourceResponse> = (
    { request },
    reply,
  ) => {
    const record = readRegistration(request, project, stack);
    if (byUrn.has(record.urn)) {
      reply({
        code: grpc.status.ALREADY_EXISTS,
        details: `Duplicate resource URN '${record.urn}'; try giving it a unique name`,
      });
      return;
    }
    byUrn.set(record.urn, record);
    recording.resources.push(record);
    recording.lastRegistrationAt = process.hrtime.bigint();
    const named = autoName(record.urn, record.type, record.name, record.inputs);
    record.inputs = { ...record.inputs, ...named };
    const response = new resource.RegisterResourceResponse();
    response.setUrn(record.urn);
    response.setObject(Struct.fromJavaScript({ ...request.getObject()?.toJavaScript(), ...named }));
    reply(null, response);
  };
  const monitor: Record<string, unknown> = {
    registerResource,
    registerResourceOutputs: (({ request }, reply) => {
      const { urn, outputs } = readOutputs(request);
      const record = byUrn.get(urn);
      if (record) record.outputs = outputs;
      reply(null, new Empty());
    }) satisfies Handler<resource.RegisterResourceOutputsRequest, Empty>,
    // An existing resource that the program only reads: its place is known, what it is like is not.
    readResource: (({ request }, reply) => {
      const response = new resource.ReadResourceResponse();
      response.setUrn(
        `urn:pulumi:${stack}::${project}::${qualify(request.getType(), request.getParent())}::${request.getName()}`,
      );
      const isReference = request.getType() === "pulumi:pulumi:StackReference";
      const outputs: Record<string, string> = isReference ? { outputs: unknownValue } : {};
      response.setProperties(Struct.fromJavaScript({ ...request.getProperties()?.toJavaScript(), ...outputs }));
      reply(null, response);
    }) satisfies Handler<resource.ReadResourceRequest, resource.ReadResourceResponse>,
    invoke: (({ request }, reply) => {
      const token = request.getTok();
      const answer = answerLookup(token);
      if (!answer) {
        reply({
          code: grpc.status.UNIMPLEMENTED,
          details: `the program looks up ${token}, which an offline preview cannot answer`,
        });
        return;
      }
      const response = new provider.InvokeResponse();
      response.setReturn(Struct.fromJavaScript(answer));
      reply(null, response);
    }) satisfies Handler<resource.ResourceInvokeRequest, provider.InvokeResponse>,
    supportsFeature: (({ request }, reply) => {
      const response = new resource.SupportsFeatureResponse();
      // Output values would wrap every input once more; the engine unwraps them before anyone sees them.
      response.setHassupport(request.getId() !== "outputValues");
      reply(null, response);
    }) satisfies Handler<resource.SupportsFeatureRequest, resource.SupportsFeatureResponse>,
    registerPackage: ((_, reply) => reply(null, new resource.RegisterPackageResponse())) satisfies Handler<
      unknown,
      resource.RegisterPackageResponse
    >,
    signalAndWaitForShutdown: ((_, reply) => reply(null, new Empty())) satisfies Handler<unknown, Empty>,
  };
  const host: Record<string, unknown> = {
    log: (({ request }, reply) => {
      const severity = request.getSeverity();
      if (severity === engine.LogSeverity.ERROR) recording.errors.push(request.getMessage());
      if (severity === engine.LogSeverity.WARNING) recording.warnings.push(request.getMessage());
      reply(null, new Empty());
    }) satisfies Handler<engine.LogRequest, Empty>,
    getRootResource: ((_, reply) => {
      const response = new engine.GetRootResourceResponse();
      response.setUrn(rootUrn);
      reply(null, response);
    }) satisfies Handler<unknown, engine.GetRootResourceResponse>,
    setRootResource: (({ request }, reply) => {
      rootUrn = request.getUrn();
      reply(null, new engine.SetRootResourceResponse());
    }) satisfies Handler<engine.SetRootResourceRequest, engine.SetRootResourceResponse>,
  };

  const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  server.addService(resourceService.ResourceMonitorService as grpc.ServiceDefinition, implement(monitor));
  server.addService(engineService.EngineService as grpc.ServiceDefinition, implement(host));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { address: `127.0.0.1:${port}`, recording, close: () => server.forceShutdown() };
}

/** A call that is not handled says which it was, instead of hanging the program. */
function implement(handlers: Record<string, unknown>): grpc.UntypedServiceImplementation {
  const unhandled = (name: string): Handler<unknown, never> => {
    return (_, reply) =>
      reply({ code: grpc.status.UNIMPLEMENTED, details: `an offline preview does not answer ${name}` });
  };
  return new Proxy(handlers, {
    get: (target, name) => target[String(name)] ?? unhandled(String(name)),
  }) as grpc.UntypedServiceImplementation;
}

/** A registration request as a record. */
export function readRegistration(
  request: resource.RegisterResourceRequest,
  project: string,
  stack: string,
): RecordedResource {
  const type = request.getType();
  const name = request.getName();
  const parent = request.getParent();
  const propertyDependencies: Record<string, string[]> = {};
  request.getPropertydependenciesMap().forEach((dependencies: { getUrnsList(): string[] }, property: string) => {
    propertyDependencies[property] = dependencies.getUrnsList();
  });
  return {
    urn: `urn:pulumi:${stack}::${project}::${qualify(type, parent)}::${name}`,
    type,
    name,
    custom: request.getCustom(),
    parent: parent === "" ? undefined : parent,
    inputs: withoutSecrets(request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>,
    propertyDependencies,
    dependencies: request.getDependenciesList(),
    protect: request.getProtect() ?? false,
    retainOnDelete: request.getRetainondelete() ?? false,
    deleteBeforeReplace: request.getDeletebeforereplace(),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    ...readTimeouts(request),
  };
}

/** What a component put out, by its URN. */
export function readOutputs(request: resource.RegisterResourceOutputsRequest): {
  urn: string;
  outputs: Record<string, unknown>;
} {
  const outputs = withoutSecrets(request.getOutputs()?.toJavaScript() ?? {}) as Record<string, unknown>;
  return { urn: request.getUrn(), outputs };
}

/** Absent unless the program gave some: the SDK sends empty ones with every registration. */
function readTimeouts(request: resource.RegisterResourceRequest): Pick<RecordedResource, "customTimeouts"> {
  const limits = request.getCustomtimeouts();
  const all = { create: limits?.getCreate(), update: limits?.getUpdate(), delete: limits?.getDelete() };
  const given = Object.entries(all).filter(([, limit]) => limit);
  return given.length === 0 ? {} : { customTimeouts: Object.fromEntries(given) };
}

/** The type part of a URN: a component's type goes before its children's, the stack's does not. */
function qualify(type: string, parentUrn: string): string {
  const parentType = parentUrn.split("::")[2];
  return parentType === undefined || parentType === "pulumi:pulumi:Stack" ? type : `${parentType}$${type}`;
}

const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** Secrets leave nothing behind but the word for them, as in the engine's own preview. */
function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  if ((value as Record<string, unknown>)[signatureKey] === secretSignature) return "[secret]";
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecrets(inner)]));
}
