import type { Configuration } from "../memory";
import { round } from "../units";

/**
 * What a machine draws beside its GPUs, as a share of them: a DGX H100 is rated at 10.2 kW with GPUs of 5.6, and typically
 * draws 6.2 to 7.5. 1.3 is what on-premises calculations use.
 */
const machineShare = 1.3;

/** kWh of a million output tokens with every GPU at its rated power; cooling and conversion are not in it. */
export function energyPerMillionTokens(config: Configuration, outputTokensPerSecond: number): number | undefined {
  const { gpu, tensorParallel, pipelineParallel, dataParallel } = config;
  if (gpu.watts === undefined) return undefined;
  const kilowatts = (tensorParallel * pipelineParallel * dataParallel * gpu.watts * machineShare) / 1000;
  return round((kilowatts * 1e6) / outputTokensPerSecond / 3600, 3);
}
