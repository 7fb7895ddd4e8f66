import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { S3Client } from "@aws-sdk/client-s3";
import { Bucket } from "../../cli/store/bucket";

describe("a server that is no S3 and answers 404 to everything", () => {
  let server: Server;
  let bucket: Bucket;

  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume();
      response.writeHead(404, { "content-type": "text/html" }).end("<html>not here</html>");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const client = new S3Client({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      forcePathStyle: true,
      maxAttempts: 1,
    });
    bucket = new Bucket(
      client,
      { bucket: "models", region: "us-east-1" } as Bucket["place"],
      new AbortController().signal,
    );
  });
  afterAll(() => server.close());

  test.each<[string, () => Promise<unknown>]>([
    ["a listing", () => bucket.list("models/")],
    ["a write", () => bucket.putText("releases/x", "{}")],
    ["a removal", () => bucket.remove(["releases/x"])],
  ])("is an error to %s, never a success", async (_, act) => {
    await expect(act()).rejects.toThrow(/models/);
  });

  test("has no object to read", async () => {
    await expect(bucket.text("releases/current")).resolves.toBeUndefined();
  });
});
