import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

/** What AWS announces for a machine, as its metadata service says it; a part that is absent is a 404. */
export interface Announced {
  "spot/instance-action"?: { action: string; time: string };
  "events/maintenance/scheduled"?: readonly Record<string, string>[];
  "events/recommendations/rebalance"?: { noticeTime: string };
}

/** What the server asks the node: facts that change while a test runs. */
export interface NodeFacts {
  index: number;
  address: string;
  announced: Announced;
  /** Whether an engine runs here that answers, and not just follows a head. */
  serves(): boolean;
  /** The API key that the engine was started with. */
  key(): string | undefined;
  servedNames(): string[];
  answersRequests: boolean;
  requestsUnderWay: number;
}

/** The metadata service and the engine's API of one node, on its own address. */
export async function startNodeServer(facts: NodeFacts, port: number): Promise<Server> {
  const server = createServer((request, response) => answer(facts, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, facts.address, resolve);
  });
  return server;
}

function answer(facts: NodeFacts, request: IncomingMessage, response: ServerResponse): void {
  const send = (status: number, body = "") => {
    response.writeHead(status).end(body);
  };
  const url = request.url ?? "";
  const authorized = request.headers.authorization === `Bearer ${facts.key()}`;
  if (url.startsWith("/latest/")) answerMetadata(facts, request, send);
  else if (!facts.serves()) send(503);
  else if (url === "/health") send(200);
  else if (url === "/metrics") send(200, metricsOf(facts.requestsUnderWay));
  else if (url === "/v1/models")
    send(authorized ? 200 : 401, JSON.stringify({ data: facts.servedNames().map((id) => ({ id })) }));
  else if (url === "/v1/completions") send(!facts.answersRequests ? 500 : authorized ? 200 : 401, "{}");
  else send(404);
}

function answerMetadata(
  facts: NodeFacts,
  { method, url = "", headers }: IncomingMessage,
  send: (status: number, body?: string) => void,
): void {
  const asked = url.replace("/latest/meta-data/", "");
  const plain: Record<string, string> = {
    "instance-id": "i-0123456789abcdef0",
    "local-ipv4": facts.address,
    "tags/instance/llm-cluster-index": String(facts.index),
  };
  const announced = facts.announced[asked as keyof Announced];
  if (url === "/latest/api/token") send(method === "PUT" ? 200 : 405, "token");
  else if (headers["x-aws-ec2-metadata-token"] !== "token") send(401);
  else if (asked in plain) send(200, plain[asked]);
  else if (announced !== undefined) send(200, JSON.stringify(announced));
  else send(404);
}

// As vLLM's own: labels in braces, floats.
const metricsOf = (underWay: number) =>
  [
    "# TYPE vllm:num_requests_running gauge",
    `vllm:num_requests_running{engine="0",model_name="m"} ${underWay}.0`,
    'vllm:num_requests_waiting{engine="0",model_name="m"} 0.0',
    'vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 7.0',
    "",
  ].join("\n");
