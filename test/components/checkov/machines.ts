import { textIn, valueIn } from "../../../pricing/records";
import { connected, type Rule, templateOf } from "./rule";

/** What checkov's detector of secrets looks for in user data (common/util/secrets: keys of AWS, and private keys). */
const credentials = [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/, /aws_secret_access_key/i, /-----BEGIN [A-Z ]*PRIVATE KEY-----/];

export const machineRules: readonly Rule[] = [
  {
    id: "CKV_AWS_79",
    title: "Ensure Instance Metadata Service Version 1 is not enabled",
    source: "resource/aws/IMDSv1Disabled",
    kinds: ["Instance", "LaunchTemplate"],
    holds: (record, graph) => valueIn(templateOf(record, graph), "metadataOptions", "httpTokens") === "required",
  },
  {
    id: "CKV_AWS_341",
    title: "Ensure Launch template should not have a metadata response hop limit greater than 1",
    source: "resource/aws/LaunchTemplateMetadataHop",
    kinds: ["LaunchTemplate"],
    holds: ({ inputs }) => valueIn(inputs, "metadataOptions", "httpPutResponseHopLimit") === 1,
  },
  {
    id: "CKV_AWS_88",
    title: "EC2 instance should not have public IP.",
    source: "resource/aws/EC2PublicIP",
    kinds: ["Instance", "LaunchTemplate"],
    // Checkov reads the first interface; here every one, and that none says so rather than that none says the contrary.
    holds: (record, graph) => !JSON.stringify(templateOf(record, graph)).includes("associatePublicIpAddress"),
  },
  {
    id: "CKV_AWS_46",
    title: "Ensure no hard-coded secrets exist in EC2 user data",
    source: "resource/aws/EC2Credentials",
    kinds: ["LaunchTemplate"],
    holds: ({ inputs }) => {
      const script = Buffer.from(textIn(inputs, "userData") ?? "", "base64").toString();
      return script.startsWith("#!") && !credentials.some((form) => form.test(script));
    },
  },
  {
    id: "CKV_AWS_8",
    title: "Ensure all data stored in the Launch configuration or instance Elastic Blocks Store is securely encrypted",
    source: "resource/aws/LaunchConfigurationEBSEncryption",
    kinds: ["Instance"],
    holds: (record, graph) => volumesOf(templateOf(record, graph)).every((volume) => volume.encrypted === "true"),
  },
  {
    id: "CKV_AWS_3",
    title: "Ensure all data stored in the EBS is securely encrypted",
    source: "resource/aws/EBSEncryption",
    // Of aws_ebs_volume, which a cluster has none of: a node's only volume is its template's.
    kinds: ["LaunchTemplate"],
    holds: ({ inputs }) =>
      volumesOf(inputs).length > 0 && volumesOf(inputs).every(({ encrypted }) => encrypted === "true"),
  },
  {
    id: "CKV_AWS_189",
    title: "Ensure EBS Volume is encrypted by KMS using a customer managed Key (CMK)",
    source: "resource/aws/EBSVolumeEncryptedWithCMK",
    // Of aws_ebs_volume, too.
    kinds: ["LaunchTemplate"],
    holds: ({ inputs }) => volumesOf(inputs).every(({ kmsKeyId }) => kmsKeyId !== undefined),
  },
  {
    id: "CKV_AWS_126",
    title: "Ensure that detailed monitoring is enabled for EC2 instances",
    source: "resource/aws/EC2DetailedMonitoringEnabled",
    kinds: ["Instance"],
    holds: (record, graph) => valueIn(templateOf(record, graph), "monitoring", "enabled") === true,
  },
  {
    id: "CKV_AWS_135",
    title: "Ensure that EC2 is EBS optimized",
    source: "resource/aws/EC2EBSOptimized",
    kinds: ["Instance"],
    holds: (record, graph) => valueIn(templateOf(record, graph), "ebsOptimized") === "true",
  },
  {
    id: "CKV2_AWS_41",
    title: "Ensure an IAM role is attached to EC2 instance",
    source: "graph_checks/aws/EC2InstanceHasIAMRoleAttached",
    kinds: ["Instance"],
    holds: (record, graph) => {
      const [template] = connected(record, "LaunchTemplate", graph);
      return template !== undefined && connected(template, "InstanceProfile", graph).length === 1;
    },
  },
];

function volumesOf(template: unknown): { encrypted?: string; kmsKeyId?: string }[] {
  const mappings = (valueIn(template, "blockDeviceMappings") ?? []) as {
    ebs: { encrypted?: string; kmsKeyId?: string };
  }[];
  return mappings.map(({ ebs }) => ebs);
}
