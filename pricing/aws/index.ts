import type { Pricer } from "../lines";
import { priceBucket } from "./bucket";
import { priceElasticIp } from "./elasticIp";
import { priceInstance } from "./instance";
import { priceLoadBalancer } from "./loadBalancer";
import { priceNatGateway } from "./natGateway";
import { priceSecret } from "./secret";
import { priceVpcEndpoint } from "./vpcEndpoint";

/** Pricers of the AWS resource kinds that cost something. */
export const awsPricers: Readonly<Record<string, Pricer>> = {
  "aws:ec2/eip:Eip": priceElasticIp,
  "aws:ec2/instance:Instance": priceInstance,
  "aws:ec2/natGateway:NatGateway": priceNatGateway,
  "aws:ec2/vpcEndpoint:VpcEndpoint": priceVpcEndpoint,
  "aws:lb/loadBalancer:LoadBalancer": priceLoadBalancer,
  "aws:s3/bucket:Bucket": priceBucket,
  "aws:secretsmanager/secret:Secret": priceSecret,
};

/** AWS resource kinds that cost nothing themselves, and why. */
export const awsFreeKinds: Readonly<Record<string, string>> = {
  "aws:ec2/internetGateway:InternetGateway": "only the traffic through it is billed",
  "aws:ec2/launchTemplate:LaunchTemplate": "a template; the instances made from it are billed",
  "aws:ec2/placementGroup:PlacementGroup": "free",
  "aws:ec2/route:Route": "free",
  "aws:ec2/routeTable:RouteTable": "free",
  "aws:ec2/routeTableAssociation:RouteTableAssociation": "free",
  "aws:ec2/securityGroup:SecurityGroup": "free",
  "aws:ec2/subnet:Subnet": "free",
  "aws:ec2/subnetCidrReservation:SubnetCidrReservation": "free",
  "aws:ec2/vpc:Vpc": "free",
  "aws:iam/instanceProfile:InstanceProfile": "free",
  "aws:iam/role:Role": "free",
  "aws:iam/rolePolicy:RolePolicy": "free",
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "free",
  "aws:lb/listener:Listener": "part of its load balancer",
  "aws:lb/targetGroup:TargetGroup": "part of its load balancer",
  "aws:lb/targetGroupAttachment:TargetGroupAttachment": "part of its load balancer",
  "aws:s3/bucketObjectv2:BucketObjectv2": "a few kilobytes in the model store",
  "aws:s3/bucketPolicy:BucketPolicy": "free",
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "free",
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "free with S3's own keys",
  "aws:secretsmanager/secretVersion:SecretVersion": "part of its secret",
  "aws:ssm/parameter:Parameter": "standard parameters are free",
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "free",
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "free",
};
