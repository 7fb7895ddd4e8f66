import * as ssm from "@pulumi/aws/ssm";
import * as pulumi from "@pulumi/pulumi";
import type { ParsedAwsArgs } from "./args";
import { childName, placed, type Scope } from "./scope";

/** The Deep Learning Base AMI: driver, fabric manager, EFA, container toolkit and Docker of one tested set. */
export const imageParameter =
  "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id";

export interface MachineImage {
  /** The image that every node of this cluster starts from, now and when it grows. */
  id: pulumi.Output<string>;
  /** The newest of its kind, to compare; the same where an image was named. */
  newestId: pulumi.Output<string>;
}

/**
 * The image that was named, or the one that was the newest when the cluster was made, kept in a parameter of the
 * cluster's own: a newer image must not replace machines unasked, and a node that is added later must not differ from its
 * replica's others.
 */
export function chooseImage(scope: Scope, { serving, training }: ParsedAwsArgs): MachineImage {
  const { parent, region } = scope;
  const named = training?.amiId ?? serving?.amiId;
  if (named !== undefined) return { id: pulumi.output(named), newestId: pulumi.output(named) };
  const newestId = ssm.getParameterOutput({ name: imageParameter, region }, { parent }).insecureValue;
  const pinned = new ssm.Parameter(
    childName(scope, "image"),
    {
      ...placed(scope, "image"),
      type: "String",
      insecureValue: newestId,
      description: "Machine image of an llm-cluster's nodes",
    },
    { parent, ignoreChanges: ["insecureValue"] },
  );
  return { id: pinned.insecureValue.apply((id) => id ?? ""), newestId };
}
