import { z } from "zod";
import { CapacityMode } from "./decisionArgs";
import type { Gpu, Machine } from "./hardware";

const text = z.string().min(1);
const rate = z.number().positive();
const count = z.number().int().min(1);

/** A row of gpus.json. */
export const gpuSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]+$/),
  aliases: z.array(text),
  name: text,
  vendor: z.enum(["nvidia", "amd", "google"]),
  architecture: text,
  memoryGiB: rate,
  hbmTBps: rate,
  bf16Tflops: rate,
  fp8Tflops: rate.optional(),
  int8Tops: rate.optional(),
  fp4Tflops: rate.optional(),
  watts: rate.optional(),
  link: z.enum(["nvlink", "infinityFabric", "ici", "pcie"]),
  linkGBps: rate,
  linkDomainGpus: count,
  interNodeGBpsPerGpu: rate.optional(),
  source: text,
});

/** A row of machines.json, or one read off AWS's recorded instance types. */
export const machineSchema = z.strictObject({
  id: text,
  cloud: z.enum(["aws", "gcp", "azure"]),
  gpu: text,
  gpus: count,
  localNvmeGB: z.number().min(0),
  memoryGiB: rate,
  fabric: z.enum(["efa", "roce", "infiniband", "tcpx", "tcpxo", "ici", "none"]),
  notProvisionable: text.optional(),
  notSold: z.partialRecord(z.enum(CapacityMode), text).optional(),
  regions: z.array(text),
  zoneIds: z.array(text),
  source: text,
});

/** Compile-time: schemas and interfaces say the same. */
const _gpu = (row: z.infer<typeof gpuSchema>): Gpu => row;
const _machine = (row: z.infer<typeof machineSchema>): Machine => row;
void [_gpu, _machine];
