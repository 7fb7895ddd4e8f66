import { hoursPerMonth } from "../money";
import { numberIn, textIn } from "../records";
import { assumedUtilization, type UsageSetting } from "../usage";

/** A setting whose assumption follows from a cluster's plan. */
export interface UsageOfPlan {
  setting: UsageSetting;
  /** What to assume of a cluster with these inputs; undefined where the plan does not tell. */
  assume(inputs: unknown): UsageSetting["assume"];
}

// Nobody pulled the image here; vLLM's releases are named at 8 to 12 GB compressed.
const imageGB = 10;
// `aws s3 sync` fetches in parts of 8 MiB (its default multipart_chunksize).
const partBytes = 8 * 2 ** 20;
// The agent asks for the pointer every minute, and `aws s3 cp` asks for its head before it fetches (serving/userData.ts).
const pointerRequests = 2 * 60 * hoursPerMonth;
// A node renews its report every five minutes, beside what changes (serving/node/report.sh).
const reportsPerNode = (60 / 5) * hoursPerMonth;
// Each head looks every minute whether the key is another (serving/node/watch.sh).
const keyLooksPerHead = 60 * hoursPerMonth;

const streamedToken =
  'data: {"id":"chatcmpl-0123456789abcdef0123456789abcdef","object":"chat.completion.chunk","created":1767225600,' +
  '"model":"llama-3.1-405b","choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}]}\n\n';
/** Bytes of one output token on the wire, when an answer is streamed as server-sent events. */
export const bytesPerToken = Buffer.byteLength(streamedToken);

/** So much for each of a cluster's nodes. */
function perNode(each: number, because: string): UsageOfPlan["assume"] {
  return (inputs) => {
    const nodes = numberIn(inputs, "plan", "nodes");
    return nodes === undefined ? undefined : { quantity: nodes * each, because };
  };
}

/** GB through the NAT gateway: what nodes fetch that is not in S3, whose gateway endpoint is free. */
export const natDataGB: UsageOfPlan = {
  setting: { key: "natDataGB", meaning: "GB through the NAT gateway" },
  assume: (inputs) => {
    const weightsGB = numberIn(inputs, "plan", "weightsGB") ?? 0;
    // Nodes that pull weights for themselves have no other way to them.
    return textIn(inputs, "storage", "weights") === "huggingFace"
      ? perNode(imageGB + weightsGB, `each node pulls its image (${imageGB} GB) and the weights once a month`)(inputs)
      : perNode(imageGB, `each node pulls its container image (${imageGB} GB) once a month`)(inputs);
  },
};

/** GB through the load balancer: answers, streamed token by token. */
export const servedDataGB: UsageOfPlan = {
  setting: { key: "servedDataGB", meaning: "GB through the load balancer; one capacity unit carries 1 GB an hour" },
  assume: (inputs) => {
    const rate = numberIn(inputs, "plan", "outputTokensPerSecond");
    if (rate === undefined) return undefined;
    const tokens = rate * assumedUtilization * 3600 * hoursPerMonth;
    return {
      quantity: Math.round((tokens * bytesPerToken) / 1e8) / 10,
      because: `${assumedUtilization * 100} % of the planned output, streamed at ${bytesPerToken} bytes a token`,
    };
  },
};

/** Requests that read the store. */
export const readRequests: UsageOfPlan = {
  setting: { key: "readRequests", meaning: "GET requests to the store" },
  assume: (inputs) => {
    const nodes = numberIn(inputs, "plan", "nodes");
    const weightsGB = numberIn(inputs, "plan", "weightsGB");
    if (nodes === undefined || weightsGB === undefined) return undefined;
    if (textIn(inputs, "storage", "weights") === "huggingFace") {
      return { quantity: nodes * pointerRequests, because: "each node asks for its release every minute" };
    }
    const parts = Math.ceil((weightsGB * 1e9) / partBytes);
    return {
      quantity: nodes * (parts + pointerRequests),
      because: "each node copies the weights once a month in parts of 8 MiB, and asks for its release every minute",
    };
  },
};

/** Requests that write to the store. */
export const writeRequests: UsageOfPlan = {
  setting: { key: "writeRequests", meaning: "PUT and LIST requests to the store" },
  assume: perNode(reportsPerNode, "each node renews its report every five minutes"),
};

/** Calls that read the API key. */
export const secretCalls: UsageOfPlan = {
  setting: { key: "secretCalls", meaning: "calls that read the API key" },
  assume: (inputs) => {
    const heads = numberIn(inputs, "plan", "replicas");
    return heads === undefined
      ? undefined
      : { quantity: heads * keyLooksPerHead, because: "the head of each replica looks every minute for another key" };
  },
};
