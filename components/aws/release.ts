import * as s3 from "@pulumi/aws/s3";
import type * as pulumi from "@pulumi/pulumi";
import { pointerKey, renderRelease } from "../../serving/release";
import type { AwsLayout } from "./layout";
import { childName, type Scope } from "./scope";
import type { ModelStore } from "./storage";

/**
 * Writes what the nodes run as one object, and then the pointer that makes it current. A changed decision that keeps
 * the machines is an update of these two objects; no node is touched.
 */
export function createRelease(
  scope: Scope,
  layout: AwsLayout,
  store: ModelStore,
  apiKeySecret: pulumi.Output<string>,
): void {
  const { parent, region } = scope;
  const release = apiKeySecret.apply((secret) =>
    renderRelease({
      number: layout.releaseNumber,
      plan: layout.plan,
      image: layout.image,
      port: layout.port,
      weightsPrefix: layout.weightsPrefix,
      headAddresses: layout.nodes.flatMap(({ privateIpAddress }) => privateIpAddress ?? []),
      apiKeySecret: secret,
    }),
  );
  const object = { region, bucket: store.bucketName, contentType: "text/plain; charset=utf-8" };
  const content = new s3.BucketObjectv2(
    childName(scope, "release"),
    { ...object, key: `releases/${layout.releaseNumber}/release.sh`, content: release.content },
    { parent },
  );
  new s3.BucketObjectv2(
    childName(scope, "release-pointer"),
    { ...object, key: pointerKey, content: release.pointer },
    // After the release itself: a node never meets a pointer to something that is not there.
    { parent, dependsOn: [content] },
  );
}
