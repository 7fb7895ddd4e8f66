import { connected, given, type Rule } from "./rule";

/** Log groups, alarms, parameters and secrets. */
export const observabilityRules: readonly Rule[] = [
  {
    id: "CKV_AWS_66",
    title: "Ensure that CloudWatch Log Group specifies retention days",
    source: "resource/aws/CloudWatchLogGroupRetention",
    kinds: ["LogGroup"],
    holds: ({ inputs }) => Number(inputs.retentionInDays) > 0,
  },
  {
    id: "CKV_AWS_158",
    title: "Ensure that CloudWatch Log Group is encrypted by KMS",
    source: "resource/aws/CloudWatchLogGroupKMSKey",
    kinds: ["LogGroup"],
    holds: ({ inputs }) => given(inputs.kmsKeyId),
  },
  {
    id: "CKV_AWS_338",
    title: "Ensure CloudWatch log groups retains logs for at least 1 year",
    source: "resource/aws/CloudWatchLogGroupRetentionYear",
    kinds: ["LogGroup"],
    holds: ({ inputs }) => inputs.retentionInDays === 0 || Number(inputs.retentionInDays) >= 365,
  },
  {
    id: "CKV_AWS_319",
    title: "Ensure that CloudWatch alarm actions are enabled",
    source: "resource/aws/CloudWatchAlarmsEnabled",
    kinds: ["MetricAlarm"],
    holds: ({ inputs }) => inputs.actionsEnabled !== false,
  },
  {
    id: "CKV_AWS_337",
    title: "Ensure SSM parameters are using KMS CMK",
    source: "resource/aws/SSMParameterUsesCMK",
    kinds: ["Parameter"],
    holds: ({ inputs }) => inputs.type !== "SecureString" || given(inputs.keyId),
  },
  {
    id: "CKV2_AWS_34",
    title: "AWS SSM Parameter should be Encrypted",
    source: "graph_checks/aws/AWSSSMParameterShouldBeEncrypted",
    kinds: ["Parameter"],
    holds: ({ inputs }) => inputs.type === "SecureString",
  },
  {
    id: "CKV_AWS_149",
    title: "Ensure that Secrets Manager secret is encrypted using KMS CMK",
    source: "resource/aws/SecretManagerSecretEncrypted",
    kinds: ["Secret"],
    holds: ({ inputs }) => given(inputs.kmsKeyId) && !String(inputs.kmsKeyId).includes("aws/"),
  },
  {
    id: "CKV2_AWS_57",
    title: "Ensure Secrets Manager secrets should have automatic rotation enabled",
    source: "graph_checks/aws/SecretsAreRotated",
    kinds: ["Secret"],
    holds: (record, graph) => connected(record, "SecretRotation", graph).length > 0,
  },
];
