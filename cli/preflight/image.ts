import type { Image } from "@aws-sdk/client-ec2";
import { CapacityMode } from "../../sizing/decisionArgs";
import { answered } from "./awsErrors";
import type { AwsClients } from "./clients";
import { answeredWith, attempt, type Finding, findingsOf } from "./finding";
import { isSecret, type Subject } from "./subject";

const say = findingsOf("image");

/** As in components/aws: the Deep Learning Base AMI (Ubuntu 22.04), the newest one. */
const imageParameter = "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id";

/** The device that the launch template gives the root volume's size and speed to. */
const rootDevice = "/dev/sda1";

/** Whether nodes can start from the image: it is there, for their processors, and fits the root volume. */
export async function checkImage(subject: Subject, clients: AwsClients, now: Date): Promise<Finding[]> {
  const { amiId } = subject;
  if (amiId !== undefined && isSecret(amiId))
    return [say.unknown("amiId is encrypted in the stack file, and only Pulumi can read it")];
  return attempt("image", amiId ?? "the newest Deep Learning Base AMI", async () => {
    const id = amiId ?? (await newestImage(subject, clients));
    if (typeof id !== "string") return [id];
    const image = await askImage(clients, id);
    return image ? judgeImage(subject, id, image, now) : [missing(subject, id)];
  });
}

async function newestImage({ region }: Subject, clients: AwsClients): Promise<string | Finding> {
  try {
    const { Parameter } = await answered("getParameter", clients.getParameter({ Name: imageParameter }));
    return Parameter?.Value ?? say.fails(`${imageParameter} has no value in ${region}`);
  } catch (error) {
    if (!answeredWith(error, ["ParameterNotFound"])) throw error;
    return say.fails(
      `${region} has no parameter ${imageParameter}`,
      "AWS publishes no Deep Learning Base AMI there",
      "name an image of the region: serving.amiId, or training.amiId",
    );
  }
}

const noImage = ["InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "InvalidAMIID.Malformed"];

async function askImage(clients: AwsClients, id: string): Promise<Image | undefined> {
  try {
    const { Images = [] } = await answered("describeImages", clients.describeImages({ ImageIds: [id] }));
    return Images[0];
  } catch (error) {
    if (answeredWith(error, noImage)) return undefined;
    throw error;
  }
}

function missing({ region }: Subject, id: string): Finding {
  return say.fails(
    `${region} has no image ${id} that this account may use`,
    "RunInstances answers InvalidAMIID.NotFound",
    "an image is of one region, and shared with accounts: copy or share it, or leave amiId out",
  );
}

function judgeImage(subject: Subject, id: string, image: Image, now: Date): Finding[] {
  const faults = [
    ...judgeUse(id, image),
    ...judgeRoot(subject, id, image),
    ...judgePlatform(subject, id, image),
    ...judgeAge(id, image, now),
  ];
  if (faults.length > 0) return faults;
  const pinned = subject.amiId === undefined ? "; a cluster that exists keeps the one that it was made with" : "";
  return [say.ok(`${id} is ${image.Name ?? "an image"}, ${image.Architecture}, ${image.State}${pinned}`)];
}

/** Whether machines of this kind can start from it at all. */
function judgeUse(id: string, { Architecture, State, Platform, EnaSupport, ImageAllowed }: Image): Finding[] {
  const findings: Finding[] = [];
  if (Platform !== undefined) {
    findings.push(say.fails(`${id} is for ${Platform}`, "nodes run Linux", "name an image for Linux"));
  }
  if (Architecture !== "x86_64") {
    const meaning = "the processors of P5 and P6 machines are x86_64";
    findings.push(say.fails(`${id} is for ${Architecture}`, meaning, "name an image for x86_64"));
  }
  if (State !== "available") {
    findings.push(say.fails(`${id} is ${State}`, "nothing starts from it", "wait for it, or name another image"));
  }
  if (EnaSupport === false) {
    const meaning = "P5 and P6 machines have no other network";
    findings.push(say.fails(`${id} does not support ENA`, meaning, "name an image that does"));
  }
  if (ImageAllowed === false) {
    const meaning = "where the account enforces its Allowed AMIs, nothing starts from it";
    const fix = "allow its owner (aws ec2 replace-image-criteria-in-allowed-images-settings), or name another image";
    findings.push(say.warns(`${id} is not among the account's Allowed AMIs`, meaning, fix));
  }
  return findings;
}

/** The template sizes the root volume by its device's name; under another name the image's own, slower one is used. */
function judgeRoot({ rootVolumeGiB }: Subject, id: string, image: Image): Finding[] {
  const { RootDeviceName, BlockDeviceMappings = [] } = image;
  if (RootDeviceName !== rootDevice) {
    return [
      say.fails(
        `${id} has its root on ${RootDeviceName}, and the launch template sizes ${rootDevice}`,
        "the machine would get a second volume, and a root that is too small",
        "name an image with its root on /dev/sda1, as Ubuntu's are",
      ),
    ];
  }
  const size = BlockDeviceMappings.find(({ DeviceName }) => DeviceName === rootDevice)?.Ebs?.VolumeSize ?? 0;
  if (size <= rootVolumeGiB) return [];
  return [
    say.fails(
      `${id} needs a root volume of ${size} GiB, and nodes get ${rootVolumeGiB}`,
      "RunInstances answers InvalidBlockDeviceMapping: a volume is not smaller than its snapshot",
      "name a smaller image",
    ),
  ];
}

/** What is reserved is reserved for one platform. */
function judgePlatform({ capacity }: Subject, id: string, image: Image): Finding[] {
  const { Platform, PlatformDetails = "Linux/UNIX" } = image;
  if (Platform !== undefined || PlatformDetails === "Linux/UNIX") return [];
  const fact = `${id} is ${PlatformDetails}, not Linux/UNIX`;
  const fix = "name an image that AWS bills as Linux/UNIX";
  if (capacity.mode === CapacityMode.capacityBlock)
    return [say.fails(fact, "a capacity block takes images of its own platform only", fix)];
  return [
    say.warns(fact, "its price is another than was planned with, and reservations for Linux/UNIX do not take it", fix),
  ];
}

function judgeAge(id: string, { DeprecationTime }: Image, now: Date): Finding[] {
  if (DeprecationTime === undefined || new Date(DeprecationTime) > now) return [];
  const meaning = "it still starts, and its owner advises against it";
  return [say.warns(`${id} is deprecated since ${DeprecationTime.slice(0, 10)}`, meaning, "name a newer one")];
}
