import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { Bucket, ListedObject } from "../store/bucket";
import type { StoredFile } from "./manifest";

/** A part of an upload that the store has. */
export interface SentPart {
  number: number;
  /** Bytes. */
  size: number;
  etag: string;
  /** SHA-256 of the part, base64, as S3 checked it; absent where the store does not say. */
  sha256?: string;
}

/** Name of the metadata that holds a file's checksum: what tells a later push that the file is there. */
const checksumName = "sha256";

/** The weights of one model in a bucket: `models/<model>/<precision>/`. */
export class WeightsStore {
  /** @param prefix of the weights, without a slash at its end */
  constructor(
    readonly bucket: Bucket,
    readonly prefix: string,
  ) {}

  keyOf(path: string): string {
    return `${this.prefix}/${path}`;
  }

  /** Everything there, by path. */
  async list(): Promise<Map<string, ListedObject>> {
    const objects = await this.bucket.list(`${this.prefix}/`);
    return new Map(objects.map((object) => [object.key.slice(this.prefix.length + 1), object]));
  }

  /** The checksum that a push noted with the file; undefined when none did, or there is no file. */
  async checksumOf(path: string): Promise<string | undefined> {
    const head = await this.bucket.ask((client, options) =>
      client.send(new HeadObjectCommand({ Bucket: this.bucket.name, Key: this.keyOf(path) }), options),
    );
    return head?.Metadata?.[checksumName];
  }

  /** Writes a file at once. S3 checks the bytes against the checksum. */
  async put({ path, sha256 }: StoredFile, bytes: Buffer): Promise<void> {
    const input = {
      ...this.target(path),
      Body: bytes,
      Metadata: { [checksumName]: sha256 },
      ChecksumSHA256: Buffer.from(sha256, "hex").toString("base64"),
    };
    await this.bucket.must((client, options) => client.send(new PutObjectCommand(input), options));
  }

  /** Begins an upload in parts, and returns its id. Nothing is to be seen of the file until all are there. */
  async begin({ path, sha256 }: StoredFile): Promise<string> {
    const metadata = { [checksumName]: sha256 };
    const input = { ...this.target(path), Metadata: metadata, ChecksumAlgorithm: "SHA256" as const };
    const answer = await this.bucket.must((client, options) =>
      client.send(new CreateMultipartUploadCommand(input), options),
    );
    if (answer.UploadId === undefined) throw new Error(`s3: the upload of ${path} got no id`);
    return answer.UploadId;
  }

  /** The parts that the store has; undefined when it does not know the upload, because it was finished or removed. */
  async parts(path: string, uploadId: string): Promise<SentPart[] | undefined> {
    const parts: SentPart[] = [];
    let marker: string | undefined;
    do {
      const input = { ...this.target(path), UploadId: uploadId, PartNumberMarker: marker };
      const page = await this.bucket.ask((client, options) => client.send(new ListPartsCommand(input), options));
      if (!page) return undefined;
      for (const { PartNumber: number, Size: size, ETag: etag, ChecksumSHA256: sha256 } of page.Parts ?? [])
        if (number !== undefined && size !== undefined && etag !== undefined)
          parts.push({ number, size, etag, sha256 });
      marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
    } while (marker !== undefined);
    return parts;
  }

  /** Sends a part. S3 checks the bytes against the checksum. Undefined when the store does not know the upload. */
  async sendPart(
    path: string,
    uploadId: string,
    number: number,
    bytes: Buffer,
    sha256: string,
  ): Promise<SentPart | undefined> {
    const input = { ...this.target(path), UploadId: uploadId, PartNumber: number, Body: bytes, ChecksumSHA256: sha256 };
    const answer = await this.bucket.ask((client, options) => client.send(new UploadPartCommand(input), options));
    return answer && { number, size: bytes.length, etag: answer.ETag ?? "", sha256 };
  }

  /** Makes one file of the parts; false when the store does not know the upload. */
  async finish(path: string, uploadId: string, parts: readonly SentPart[]): Promise<boolean> {
    const list = parts.map(({ number, etag, sha256 }) => ({ PartNumber: number, ETag: etag, ChecksumSHA256: sha256 }));
    const input = { ...this.target(path), UploadId: uploadId, MultipartUpload: { Parts: list } };
    const answer = await this.bucket.ask((client, options) =>
      client.send(new CompleteMultipartUploadCommand(input), options),
    );
    return answer !== undefined;
  }

  /** Gives an upload up, with all its parts. One that is not there any more is none to give up. */
  async giveUp(path: string, uploadId: string): Promise<void> {
    const input = { ...this.target(path), UploadId: uploadId };
    await this.bucket.ask((client, options) => client.send(new AbortMultipartUploadCommand(input), options));
  }

  private target(path: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket.name, Key: this.keyOf(path) };
  }
}
