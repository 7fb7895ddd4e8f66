import { join } from "node:path";
import { ComponentProvider } from "@pulumi/pulumi/provider/experimental/provider";
import { AwsCluster } from "../../components/aws/awsCluster";
import { vpcPrefixRange } from "../../components/aws/plan/addresses";

interface Schema {
  resources: object;
  types: Record<string, { properties: Record<string, { description: string }> }>;
}

async function inferSchema(): Promise<Schema> {
  const provider = new ComponentProvider({
    components: [AwsCluster],
    dirname: join(__dirname, "../.."),
    name: "llm-cluster",
  });
  return JSON.parse(await provider.getSchema()) as Schema;
}

test("the schema that other languages see is as it was", async () => {
  const { resources, types } = await inferSchema();
  expect({ resources, types }).toMatchSnapshot();
});

test("the range that vpcCidr's description names is the one that is taken", async () => {
  const { types } = await inferSchema();
  const { description } = types["llm-cluster:index:AwsNetworkArgs"]?.properties.vpcCidr ?? { description: "" };
  expect(description).toContain(`/${vpcPrefixRange.min} to /${vpcPrefixRange.max}.`);
});
