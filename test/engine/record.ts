import { EngineStack, engineVersion, testWithEngine } from "../support/engine";
import { writeEvents, writeRecording } from "../support/recordings";

jest.setTimeout(180_000);

// Not part of the suite: `npm run record` makes the recordings anew when a component has changed.
testWithEngine("the engine's words are recorded", () => {
  const dev = new EngineStack("dev");
  writeRecording("dev.preview-create", dev.preview());
  writeRecording("prod-aws.preview-create", new EngineStack("prod-aws").preview());
  writeRecording("finetune-aws.preview-create", new EngineStack("finetune-aws").preview());
  writeEvents("dev.up.events", dev.up("--json").output.split("\n"));
  writeRecording("dev.stack-export", dev.export());
  writeRecording("dev.preview-same", dev.preview("--show-sames"));
  const decision = { model: "llama-3.1-8b", contextLength: 32_768, concurrency: 8, zone: "use1-az6" };
  dev.decide({ ...decision, model: "qwen3-32b", precision: "fp8", contextLength: 8192 });
  writeBoth(dev, "dev.preview-other-model");
  dev.decide({ ...decision, machine: "p5.48xlarge" });
  writeBoth(dev, "dev.preview-other-machine");
  dev.decide({ ...decision, overrides: { replicas: 3 } });
  writeBoth(dev, "dev.preview-more-nodes");
  const facts = {
    cli: engineVersion,
    date: new Date().toISOString().slice(0, 10),
    resources: { dev: dev.world.resources().length },
  };
  writeRecording("recording", facts);
});

/** One change in both forms that the engine has: with unchanged resources, and without. */
function writeBoth(stack: EngineStack, name: string): void {
  writeRecording(name, stack.preview("--show-sames"));
  writeRecording(`${name}.plain`, stack.preview());
}
