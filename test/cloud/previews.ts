import { Server, type ServiceDefinition, type UntypedServiceImplementation } from "@grpc/grpc-js";
import * as provider from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { StandIn } from "./provider";

type Reply = (error: unknown, response?: unknown) => void;
type Handler = (call: { request: unknown }, reply: Reply) => unknown;

/**
 * Lets a provider take part in previews, as the real one does: it keeps what it knows, and only what a change makes
 * uncertain is unknown. The SDK's own provider server says that it cannot, and every attribute of a changed resource
 * would be unknown in a preview; so its answers to three calls are taken over where it registers them.
 */
export function supportPreviews(standIn: StandIn): void {
  const register = Server.prototype.addService;
  Server.prototype.addService = function addService(
    service: ServiceDefinition,
    handlers: UntypedServiceImplementation,
  ) {
    register.call(this, service, "create" in handlers ? withPreviews(handlers, standIn) : handlers);
  };
}

function withPreviews(handlers: UntypedServiceImplementation, standIn: StandIn): UntypedServiceImplementation {
  const original = (name: string) => (handlers[name] as Handler).bind(handlers);
  const taken: Record<string, Handler> = {
    configure: (call, reply) =>
      original("configure")(call, (error, response) => {
        (response as provider.ConfigureResponse | undefined)?.setSupportspreview(true);
        reply(error, response);
      }),
    create: (call, reply) => {
      const request = call.request as provider.CreateRequest;
      if (!request.getPreview()) return original("create")(call, reply);
      const response = new provider.CreateResponse();
      response.setProperties(
        Struct.fromJavaScript(standIn.previewCreate(request.getUrn(), valuesOf(request.getProperties())) as never),
      );
      return reply(null, response);
    },
    update: (call, reply) => {
      const request = call.request as provider.UpdateRequest;
      if (!request.getPreview()) return original("update")(call, reply);
      const response = new provider.UpdateResponse();
      const outputs = standIn.previewUpdate(request.getUrn(), valuesOf(request.getOlds()), valuesOf(request.getNews()));
      response.setProperties(Struct.fromJavaScript(outputs as never));
      return reply(null, response);
    },
  };
  // The handlers are methods of a class: they are looked up by name, not listed.
  return new Proxy(handlers, {
    get: (target, name) => taken[String(name)] ?? (target as Record<string, Handler>)[String(name)]?.bind?.(target),
  });
}

function valuesOf(struct: Struct | undefined): Record<string, unknown> {
  return (struct?.toJavaScript() ?? {}) as Record<string, unknown>;
}
