import { join } from "node:path";
import { ComponentProvider } from "@pulumi/pulumi/provider/experimental/provider";
import { AwsCluster } from "../../components/aws/awsCluster";

test("the schema that other languages see is as it was", async () => {
  const provider = new ComponentProvider({
    components: [AwsCluster],
    dirname: join(__dirname, "../.."),
    name: "llm-cluster",
  });
  const schema = JSON.parse(await provider.getSchema()) as { resources: object; types: object };
  expect({ resources: schema.resources, types: schema.types }).toMatchSnapshot();
});
