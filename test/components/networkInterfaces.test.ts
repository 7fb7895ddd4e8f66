import { layoutNetworkInterfaces } from "../../components/aws/plan/networkInterfaces";
import { awsInstanceTypes } from "../../sizing/machinesAws";

test.each([
  ["p5.48xlarge", 33, 32],
  ["p5e.48xlarge", 33, 32],
  ["p5en.48xlarge", 17, 16],
  ["p5.4xlarge", 2, 1],
  ["p6-b200.48xlarge", 9, 8],
  ["p6-b300.48xlarge", 17, 16],
])("%s takes %d interfaces, %d of them EFA", (name, total, efa) => {
  const type = awsInstanceTypes[name];
  if (!type) throw new Error(`${name} is not recorded`);
  const layout = layoutNetworkInterfaces(type);
  expect(layout).toHaveLength(total);
  expect(layout.filter(({ interfaceType }) => interfaceType !== "interface")).toHaveLength(efa);
  // What EC2 refuses: an efa-only primary, two interfaces in one place, a card that is fuller than it can be.
  expect(layout[0]).toMatchObject({ networkCardIndex: 0, deviceIndex: 0, interfaceType: "interface" });
  const places = layout.map(({ networkCardIndex, deviceIndex }) => `${networkCardIndex}/${deviceIndex}`);
  expect(new Set(places).size).toBe(total);
  for (const card of type.NetworkInfo.NetworkCards) {
    const onCard = layout.filter(({ networkCardIndex }) => networkCardIndex === card.NetworkCardIndex);
    expect(onCard.length).toBeLessThanOrEqual(card.MaximumNetworkInterfaces);
    expect(onCard.length).toBeGreaterThan(0);
  }
});

test("p6-b300 has no EFA on card 0, which takes none", () => {
  const type = awsInstanceTypes["p6-b300.48xlarge"];
  if (!type) throw new Error("p6-b300 is not recorded");
  const onFirstCard = layoutNetworkInterfaces(type).filter(({ networkCardIndex }) => networkCardIndex === 0);
  expect(onFirstCard).toEqual([{ networkCardIndex: 0, deviceIndex: 0, interfaceType: "interface" }]);
});

test("a card 0 with room for one interface carries IP and EFA on it, and a machine without EFA has one interface", () => {
  const cards = (first: number) => [
    { NetworkCardIndex: 0, MaximumNetworkInterfaces: first },
    { NetworkCardIndex: 1, MaximumNetworkInterfaces: 1 },
  ];
  const base = awsInstanceTypes["p5.48xlarge"];
  if (!base) throw new Error("p5 is not recorded");
  const info = {
    EfaSupported: true,
    EfaInfo: { MaximumEfaInterfaces: 2 },
    MaximumNetworkCards: 2,
    NetworkCards: cards(1),
    ConnectionTrackingConfiguration: { DefaultTcpEstablishedTimeout: 350 },
  };
  expect(layoutNetworkInterfaces({ ...base, NetworkInfo: info }).map(({ interfaceType }) => interfaceType)).toEqual([
    "efa",
    "efa-only",
  ]);
  expect(layoutNetworkInterfaces({ ...base, NetworkInfo: { ...info, EfaSupported: false } })).toHaveLength(1);
});
