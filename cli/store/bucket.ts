import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { UserError } from "../output";
import { explainS3, isMissing, type StorePlace } from "./s3Errors";

/** An object of a listing. */
export interface ListedObject {
  key: string;
  /** Bytes. */
  size: number;
}

/** A request to S3, as the client takes it. */
export type Send = S3Client["send"];

/** A bucket, through the client that was given. Every fault that a user can act on is a UserError. */
export class Bucket {
  constructor(
    readonly client: S3Client,
    readonly place: StorePlace,
    readonly signal: AbortSignal,
  ) {}

  get name(): string {
    return this.place.bucket;
  }

  /** The answer; undefined where what is asked for is not there. */
  async ask<Answer>(request: (client: S3Client, options: { abortSignal: AbortSignal }) => Promise<Answer>) {
    try {
      return await request(this.client, { abortSignal: this.signal });
    } catch (error) {
      this.signal.throwIfAborted();
      if (isMissing(error)) return undefined;
      throw explainS3(error, this.place);
    }
  }

  /** The answer to what is never simply not there: a listing, a write. */
  async must<Answer>(request: (client: S3Client, options: { abortSignal: AbortSignal }) => Promise<Answer>) {
    const answer = await this.ask(request);
    if (answer !== undefined) return answer;
    throw new UserError(
      `s3://${this.name}: answers 404 to a listing or a write, which S3 does not. Fix: check the endpoint (AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3)`,
    );
  }

  /** Everything whose key begins so. */
  async list(prefix: string): Promise<ListedObject[]> {
    const objects: ListedObject[] = [];
    let token: string | undefined;
    do {
      const input = { Bucket: this.name, Prefix: prefix, ContinuationToken: token };
      const page = await this.must((client, options) => client.send(new ListObjectsV2Command(input), options));
      for (const { Key: key, Size: size } of page.Contents ?? [])
        if (key !== undefined) objects.push({ key, size: size ?? 0 });
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return objects;
  }

  /** An object's text; undefined when there is none. */
  text(key: string): Promise<string | undefined> {
    return this.ask(async (client, options) => {
      const { Body: body } = await client.send(new GetObjectCommand({ Bucket: this.name, Key: key }), options);
      return body?.transformToString();
    });
  }

  async putText(key: string, text: string): Promise<void> {
    const input = { Bucket: this.name, Key: key, Body: text, ContentType: "application/json" };
    await this.must((client, options) => client.send(new PutObjectCommand(input), options));
  }

  async remove(keys: readonly string[]): Promise<void> {
    // As many as one request takes.
    for (let start = 0; start < keys.length; start += 1000) {
      const objects = keys.slice(start, start + 1000).map((key) => ({ Key: key }));
      const input = { Bucket: this.name, Delete: { Objects: objects, Quiet: true } };
      const answer = await this.must((client, options) => client.send(new DeleteObjectsCommand(input), options));
      const refused = answer.Errors?.[0];
      if (refused)
        throw explainS3(Object.assign(new Error(refused.Message), { name: refused.Code, $metadata: {} }), this.place);
    }
  }
}
