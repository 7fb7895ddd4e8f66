import { isTrainingPlan } from "../../sizing/training/plan";
import type { StackStore } from "../store/stackStore";
import { type ClusterState, childUrn } from "./state";

const instanceType = "aws:ec2/instance:Instance";
export const templateType = "aws:ec2/launchTemplate:LaunchTemplate";
const attachmentType = "aws:lb/targetGroupAttachment:TargetGroupAttachment";
const objectType = "aws:s3/bucketObjectv2:BucketObjectv2";

type Cluster = Pick<ClusterState, "urn" | "name">;

/** URN of a node's machine. */
export function instanceUrn(cluster: Cluster, node: number): string {
  return childUrn(cluster, instanceType, `node-${node}`);
}

/**
 * What a node is made of: its launch template, its machine, and, where callers reach it, its place among the load
 * balancer's targets. The last one is named although the machine alone would take it along: the engine replaces what
 * depends on a target, or refuses, and neither is left to it.
 */
export function nodeTargets(cluster: Cluster, { layout }: Pick<StackStore, "layout">, node: number): string[] {
  const isHead = node % layout.plan.nodesPerReplica === 0;
  const machine = [childUrn(cluster, templateType, `node-${node}-template`), instanceUrn(cluster, node)];
  return isHead && layout.serves ? [...machine, childUrn(cluster, attachmentType, `node-${node}-target`)] : machine;
}

/** The release and the pointer to it. */
export function releaseTargets(cluster: Cluster): string[] {
  return [childUrn(cluster, objectType, "release"), childUrn(cluster, objectType, "release-pointer")];
}

/** The nodes of a replica, in order of rank. */
export function nodesOf(replica: number, { layout }: Pick<StackStore, "layout">): number[] {
  const { nodesPerReplica } = layout.plan;
  return Array.from({ length: nodesPerReplica }, (_, rank) => replica * nodesPerReplica + rank);
}

/** The replica that a node is part of. */
export function replicaOf(node: number, { layout }: Pick<StackStore, "layout">): number {
  return Math.floor(node / layout.plan.nodesPerReplica);
}

/** Whether nothing serves, or trains, while one replica is replaced. */
export function isOnlyReplica({ layout }: Pick<StackStore, "layout">): boolean {
  return layout.plan.replicas === 1 || isTrainingPlan(layout.plan);
}
