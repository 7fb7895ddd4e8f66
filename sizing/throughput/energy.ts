import type { Configuration } from "../memory";
import { round } from "../units";

/** What a machine is rated at by what its GPUs are: a DGX H100 10.2 kW by 5.6. Typically it draws 6.2 to 7.5. */
const machineShare = 10.2 / 5.6;

/** kWh of a million output tokens with the GPUs that serve them, and their share of the machine, at rated power; no cooling, no idle GPUs. */
export function energyPerMillionTokens(config: Configuration, outputTokensPerSecond: number): number | undefined {
  const { gpu, tensorParallel, pipelineParallel, dataParallel } = config;
  if (gpu.watts === undefined) return undefined;
  const kilowatts = (tensorParallel * pipelineParallel * dataParallel * gpu.watts * machineShare) / 1000;
  return round((kilowatts * 1e6) / outputTokensPerSecond / 3600, 3);
}
