import { answered, headerOf, NotAnswered } from "./awsErrors";
import type { AwsClients } from "./clients";
import { attempt, type Finding, findingsOf } from "./finding";
import { isSecret, type Subject } from "./subject";

const say = findingsOf("bucket");

/** S3 names a bucket's region in this header whatever else it answers (HeadBucket, S3 API reference). */
const regionHeader = "x-amz-bucket-region";

/** Whether a bucket that was brought along is there, and in the stack's region. */
export async function checkBucket(subject: Subject, clients: AwsClients): Promise<Finding[]> {
  const { bucket } = subject;
  if (bucket === undefined) return [];
  if (isSecret(bucket))
    return [say.unknown("storage.bucket is encrypted in the stack file, and only Pulumi can read it")];
  return attempt("bucket", bucket, async () => {
    try {
      const { BucketRegion } = await answered("headBucket", clients.headBucket({ Bucket: bucket }));
      if (BucketRegion === undefined) return [say.unknown(`${bucket} is there, and S3 does not say in which region`)];
      return [judgeRegion(subject, bucket, BucketRegion)];
    } catch (error) {
      const finding = error instanceof NotAnswered ? judgeRefusal(subject, bucket, error) : undefined;
      if (finding) return [finding];
      throw error;
    }
  });
}

function judgeRegion({ region }: Subject, bucket: string, its: string): Finding {
  if (its === region) return say.ok(`${bucket} is in ${region}`);
  const meaning = `nodes in ${region} ask S3 of ${region} for it, and the gateway endpoint leads there only`;
  return say.fails(`${bucket} is in ${its}`, meaning, `bring a bucket of ${region}, or leave storage.bucket out`);
}

/** What S3 tells of a bucket even where it refuses: that it is elsewhere, or that there is none. */
function judgeRefusal(subject: Subject, bucket: string, error: NotAnswered): Finding | undefined {
  if (error.status === 404) {
    const fix = "make it, or leave storage.bucket out and one is made";
    return say.fails(`there is no bucket ${bucket}`, "releases cannot be put into it", fix);
  }
  const its = headerOf(error, regionHeader);
  if (its !== undefined && its !== subject.region) return judgeRegion(subject, bucket, its);
  return undefined;
}
