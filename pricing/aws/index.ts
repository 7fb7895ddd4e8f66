import type { CloudPricers } from "../clouds";
import { autoScalingGroupPricer } from "./autoScalingGroup";
import { bucketPricer } from "./bucket";
import { capacityBlockReservationPricer, capacityReservationPricer } from "./capacityReservation";
import { clusterPricer } from "./cluster";
import { elasticIpPricer } from "./elasticIp";
import { eksClusterPricer, hostedZonePricer, metricAlarmPricer, parameterPricer } from "./fixedFees";
import { awsFreeKinds } from "./freeKinds";
import { instancePricer } from "./instance";
import { kmsKeyPricer } from "./kmsKey";
import { billedOfTemplates, launchTemplateType } from "./launchTemplate";
import { loadBalancerPricer } from "./loadBalancer";
import { logGroupPricer } from "./logGroup";
import { lustrePricer } from "./lustre";
import { natGatewayPricer } from "./natGateway";
import { nodeGroupPricer } from "./nodeGroup";
import { awsRegionOf, isAwsRegionHidden } from "./region";
import { repositoryPricer } from "./repository";
import { secretPricer } from "./secret";
import { volumePricer } from "./volume";
import { vpcEndpointPricer } from "./vpcEndpoint";

/** How resources of AWS are priced. */
export const aws: CloudPricers = {
  cloud: "aws",
  typePrefix: "aws:",
  regionSetting: "aws:region",
  regionOf: awsRegionOf,
  isRegionHidden: isAwsRegionHidden,
  templates: { [launchTemplateType]: billedOfTemplates },
  freeKinds: awsFreeKinds,
  pricers: {
    "llm-cluster:index:AwsCluster": clusterPricer,
    "aws:alb/loadBalancer:LoadBalancer": loadBalancerPricer,
    "aws:autoscaling/group:Group": autoScalingGroupPricer,
    "aws:cloudwatch/logGroup:LogGroup": logGroupPricer,
    "aws:cloudwatch/metricAlarm:MetricAlarm": metricAlarmPricer,
    "aws:ebs/volume:Volume": volumePricer,
    "aws:ec2/capacityBlockReservation:CapacityBlockReservation": capacityBlockReservationPricer,
    "aws:ec2/capacityReservation:CapacityReservation": capacityReservationPricer,
    "aws:ec2/eip:Eip": elasticIpPricer,
    "aws:ec2/instance:Instance": instancePricer,
    "aws:ec2/natGateway:NatGateway": natGatewayPricer,
    "aws:ec2/vpcEndpoint:VpcEndpoint": vpcEndpointPricer,
    "aws:ecr/repository:Repository": repositoryPricer,
    "aws:eks/cluster:Cluster": eksClusterPricer,
    "aws:eks/nodeGroup:NodeGroup": nodeGroupPricer,
    "aws:fsx/lustreFileSystem:LustreFileSystem": lustrePricer,
    "aws:kms/key:Key": kmsKeyPricer,
    "aws:lb/loadBalancer:LoadBalancer": loadBalancerPricer,
    "aws:route53/zone:Zone": hostedZonePricer,
    "aws:s3/bucket:Bucket": bucketPricer,
    "aws:s3/bucketV2:BucketV2": bucketPricer,
    "aws:secretsmanager/secret:Secret": secretPricer,
    "aws:ssm/parameter:Parameter": parameterPricer,
  },
};
