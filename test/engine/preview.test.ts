import { EngineStack, testWithEngine } from "../support/engine";
import { registeredByEngine, registeredOffline } from "../support/previews";

jest.setTimeout(120_000);

testWithEngine.each(["dev", "prod-aws"])(
  "%s: the offline preview registers what the engine's own preview does",
  (name) => {
    const engine = registeredByEngine(new EngineStack(name).preview());
    const ours = registeredOffline(name);
    expect(ours.map(({ urn }) => urn)).toEqual(engine.map(({ urn }) => urn));
    expect(ours).toEqual(engine);
  },
);
