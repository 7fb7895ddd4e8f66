/** The root volume of every node, as EC2 is asked for it. */
export interface RootVolume {
  volumeType: "gp3";
  /** GiB. */
  volumeSize: number;
  iops: number;
  /** MB/s. */
  throughput: number;
}

/** The Deep Learning AMI's own snapshot, and room for logs and a system that grows, GiB. */
const systemGiB = 80;
/** A container image, unpacked, GiB: engines are 17 to 22 GB packed (awsome-distributed-ai, dsv3 example), images to train in more. */
const imageGiB = 60;

/**
 * The root volume of every node: the system, and the images of two releases, because the next is pulled while the present
 * one runs. Weights are on the machine's own disks, which every machine that is built has more of than any plan's weights.
 * So the volume is the same for every plan: one that followed the plan would replace machines when the plan changes.
 * Twice gp3's free IOPS and four times its throughput, so that a pull is bound by the network.
 */
export const rootVolume: RootVolume = {
  volumeType: "gp3",
  volumeSize: systemGiB + 2 * imageGiB,
  iops: 6000,
  throughput: 500,
};
