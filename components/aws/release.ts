import * as s3 from "@pulumi/aws/s3";
import type * as pulumi from "@pulumi/pulumi";
import { pointerKey, releaseKey, renderRelease } from "../../serving/release";
import type { AwsLayout } from "./layout";
import { childName, type Scope } from "./scope";
import type { ModelStore } from "./storage";

export interface ReleaseRequest {
  layout: AwsLayout;
  store: ModelStore;
  apiKeySecret: pulumi.Output<string>;
  /** What must be there before the release may be taken: the machines that it is for, and their right to read it. */
  after: readonly pulumi.Resource[];
}

/**
 * Writes what the nodes run as one object, and then the pointer that makes it current. A changed decision that keeps
 * the machines is an update of these two objects; no node is touched. A release that needs more machines is pointed to
 * when they are there, so that those that serve are not stopped for machines that did not come.
 */
export function createRelease(scope: Scope, { layout, store, apiKeySecret, after }: ReleaseRequest): void {
  const { parent, region } = scope;
  const release = apiKeySecret.apply((secret) =>
    renderRelease({
      number: layout.releaseNumber,
      keyPrefix: store.prefix,
      plan: layout.plan,
      image: layout.image,
      port: layout.port,
      weightsPrefix: layout.weightsPrefix,
      nodeAddresses: layout.nodes.map(({ privateIpAddress }) => privateIpAddress),
      apiKeySecret: secret,
    }),
  );
  const object = { region, bucket: store.bucketName, contentType: "text/plain; charset=utf-8" };
  const content = new s3.BucketObjectv2(
    childName(scope, "release"),
    { ...object, key: releaseKey(store.prefix, layout.releaseNumber), content: release.content },
    { parent },
  );
  new s3.BucketObjectv2(
    childName(scope, "release-pointer"),
    { ...object, key: pointerKey(store.prefix), content: release.pointer },
    // After the release itself: a node never meets a pointer to something that is not there.
    { parent, dependsOn: [content, ...after] },
  );
}
