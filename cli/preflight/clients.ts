import type * as ec2 from "@aws-sdk/client-ec2";
import type * as s3 from "@aws-sdk/client-s3";
import type * as quotas from "@aws-sdk/client-service-quotas";
import type * as ssm from "@aws-sdk/client-ssm";

/** The questions that preflight asks, and no others: all of them read, none of them changes or buys anything. */
export interface AwsClients {
  describeAvailabilityZones(
    input: ec2.DescribeAvailabilityZonesCommandInput,
  ): Promise<ec2.DescribeAvailabilityZonesCommandOutput>;
  describeCapacityBlockOfferings(
    input: ec2.DescribeCapacityBlockOfferingsCommandInput,
  ): Promise<ec2.DescribeCapacityBlockOfferingsCommandOutput>;
  describeCapacityReservations(
    input: ec2.DescribeCapacityReservationsCommandInput,
  ): Promise<ec2.DescribeCapacityReservationsCommandOutput>;
  describeImages(input: ec2.DescribeImagesCommandInput): Promise<ec2.DescribeImagesCommandOutput>;
  describeInstances(input: ec2.DescribeInstancesCommandInput): Promise<ec2.DescribeInstancesCommandOutput>;
  describeInstanceTypeOfferings(
    input: ec2.DescribeInstanceTypeOfferingsCommandInput,
  ): Promise<ec2.DescribeInstanceTypeOfferingsCommandOutput>;
  describeNetworkInterfaces(
    input: ec2.DescribeNetworkInterfacesCommandInput,
  ): Promise<ec2.DescribeNetworkInterfacesCommandOutput>;
  describeSubnets(input: ec2.DescribeSubnetsCommandInput): Promise<ec2.DescribeSubnetsCommandOutput>;
  describeVpcAttribute(input: ec2.DescribeVpcAttributeCommandInput): Promise<ec2.DescribeVpcAttributeCommandOutput>;
  getSubnetCidrReservations(
    input: ec2.GetSubnetCidrReservationsCommandInput,
  ): Promise<ec2.GetSubnetCidrReservationsCommandOutput>;
  getParameter(input: ssm.GetParameterCommandInput): Promise<ssm.GetParameterCommandOutput>;
  getDefaultServiceQuota(
    input: quotas.GetAWSDefaultServiceQuotaCommandInput,
  ): Promise<quotas.GetAWSDefaultServiceQuotaCommandOutput>;
  getServiceQuota(input: quotas.GetServiceQuotaCommandInput): Promise<quotas.GetServiceQuotaCommandOutput>;
  headBucket(input: s3.HeadBucketCommandInput): Promise<s3.HeadBucketCommandOutput>;
}

/** A check is worth seconds, not minutes. Milliseconds. */
const timeouts = { connectionTimeout: 5_000, requestTimeout: 20_000 };

/**
 * Clients of the region's services, with the credentials that Pulumi's AWS provider would find too. The SDK is loaded
 * here, so that no other command waits for it.
 * @param profile profile of the shared AWS files; default: AWS_PROFILE, or whatever the environment has
 */
export function realClients(region: string, profile?: string): AwsClients {
  const { EC2Client, ...ec2Commands } = require("@aws-sdk/client-ec2") as typeof import("@aws-sdk/client-ec2");
  const { S3Client, HeadBucketCommand } = require("@aws-sdk/client-s3") as typeof import("@aws-sdk/client-s3");
  const { ServiceQuotasClient, GetAWSDefaultServiceQuotaCommand, GetServiceQuotaCommand } =
    require("@aws-sdk/client-service-quotas") as typeof import("@aws-sdk/client-service-quotas");
  const { SSMClient, GetParameterCommand } = require("@aws-sdk/client-ssm") as typeof import("@aws-sdk/client-ssm");
  const settings = { region, ...(profile === undefined ? {} : { profile }), requestHandler: timeouts };
  const machines = new EC2Client(settings);
  // One search for credentials: it may ask a metadata service or a browser log-in, and four would ask it four times.
  const shared = { ...settings, credentials: machines.config.credentials };
  const buckets = new S3Client(shared);
  const limits = new ServiceQuotasClient(shared);
  const parameters = new SSMClient(shared);
  return {
    describeAvailabilityZones: (input) => machines.send(new ec2Commands.DescribeAvailabilityZonesCommand(input)),
    describeCapacityBlockOfferings: (input) =>
      machines.send(new ec2Commands.DescribeCapacityBlockOfferingsCommand(input)),
    describeCapacityReservations: (input) => machines.send(new ec2Commands.DescribeCapacityReservationsCommand(input)),
    describeImages: (input) => machines.send(new ec2Commands.DescribeImagesCommand(input)),
    describeInstances: (input) => machines.send(new ec2Commands.DescribeInstancesCommand(input)),
    describeInstanceTypeOfferings: (input) =>
      machines.send(new ec2Commands.DescribeInstanceTypeOfferingsCommand(input)),
    describeNetworkInterfaces: (input) => machines.send(new ec2Commands.DescribeNetworkInterfacesCommand(input)),
    describeSubnets: (input) => machines.send(new ec2Commands.DescribeSubnetsCommand(input)),
    describeVpcAttribute: (input) => machines.send(new ec2Commands.DescribeVpcAttributeCommand(input)),
    getSubnetCidrReservations: (input) => machines.send(new ec2Commands.GetSubnetCidrReservationsCommand(input)),
    getParameter: (input) => parameters.send(new GetParameterCommand(input)),
    getDefaultServiceQuota: (input) => limits.send(new GetAWSDefaultServiceQuotaCommand(input)),
    getServiceQuota: (input) => limits.send(new GetServiceQuotaCommand(input)),
    headBucket: (input) => buckets.send(new HeadBucketCommand(input)),
  };
}
