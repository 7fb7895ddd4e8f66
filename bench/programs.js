// Programs that register what our dev stack registers, written from an offline preview of it: (a) as it is usually
// written, with root imports and TypeScript that is checked when it runs; (b) the floor, compiled and with submodules.

const fs = require("node:fs");
const path = require("node:path");

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A resource as source text. Unknown inputs become the id of the resource that they depend on. */
function write(resource, variables, classOf) {
  const { type, name, inputs, propertyDependencies } = resource;
  const value = (inner, dependency) => {
    if (inner === unknown) return dependency ? `${dependency}.id` : JSON.stringify("unknown");
    if (Array.isArray(inner)) return `[${inner.map((one) => value(one, dependency)).join(", ")}]`;
    if (typeof inner !== "object" || inner === null) return JSON.stringify(inner);
    return `{ ${Object.entries(inner)
      .map(([key, one]) => `${JSON.stringify(key)}: ${value(one, dependency)}`)
      .join(", ")} }`;
  };
  const properties = Object.entries(inputs).map(([key, inner]) => {
    const [dependency] = propertyDependencies?.[key] ?? [];
    return `${key}: ${value(inner, dependency && variables.get(dependency))}`;
  });
  return `new ${classOf(type)}(${JSON.stringify(name)}, { ${properties.join(", ")} }, { parent })`;
}

/** In an order in which everything stands after what it needs. */
function inOrder(resources) {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const done = new Set();
  const ordered = [];
  const visit = (resource) => {
    if (done.has(resource.urn)) return;
    done.add(resource.urn);
    for (const urns of Object.values(resource.propertyDependencies ?? {})) {
      for (const urn of urns) if (byUrn.has(urn)) visit(byUrn.get(urn));
    }
    ordered.push(resource);
  };
  resources.forEach(visit);
  return ordered;
}

function body(resources, classOf) {
  const variables = new Map();
  return inOrder(resources.filter(({ custom }) => custom)).map((resource, index) => {
    variables.set(resource.urn, `r${index}`);
    return `const r${index} = ${write(resource, variables, classOf)};`;
  });
}

/** `aws:ec2/vpc:Vpc` is `ec2.Vpc` of @pulumi/aws/ec2. */
function moduleOf(type) {
  const [, place = "", name = ""] = type.split(":");
  return { module: place.split("/")[0], name };
}

function project(folder, packages, main, typescript) {
  fs.mkdirSync(folder, { recursive: true });
  fs.symlinkSync(packages, path.join(folder, "node_modules"));
  fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name: "bench", main }));
  return {
    root: folder,
    name: "bench",
    main,
    typescript,
    stack: "dev",
    stackFile: folder,
    stackPath: folder,
    config: { "aws:region": "us-east-1" },
    secretKeys: [],
  };
}

/** (a): one root import, TypeScript, checked at run time, which is what a new Pulumi project does. */
function usualProgram(folder, packages, resources) {
  const result = project(folder, packages, "index.ts", true);
  const classOf = (type) => `aws.${moduleOf(type).module}.${moduleOf(type).name}`;
  const component =
    'class Cluster extends pulumi.ComponentResource { constructor() { super("bench:index:Cluster", "llm"); } }\nconst parent = new Cluster();';
  const lines = [
    'import * as pulumi from "@pulumi/pulumi";',
    'import * as aws from "@pulumi/aws";',
    component,
    ...body(resources, classOf),
  ];
  fs.writeFileSync(path.join(folder, "index.ts"), `${lines.join("\n")}\n`);
  fs.writeFileSync(
    path.join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        target: "es2020",
        module: "commonjs",
        moduleResolution: "node",
        strict: true,
        skipLibCheck: true,
      },
      files: ["index.ts"],
    }),
  );
  return result;
}

/** (b): compiled, submodules only, nothing decided; traces as short as ours, so that only the deciding differs. */
function floorProgram(folder, packages, resources) {
  const result = project(folder, packages, "index.js", false);
  const modules = [...new Set(resources.filter(({ custom }) => custom).map(({ type }) => moduleOf(type).module))];
  const classOf = (type) => `${moduleOf(type).module}.${moduleOf(type).name}`;
  const imports = modules.map((name) => `const ${name} = require("@pulumi/aws/${name}");`);
  const component =
    'const pulumi = require("@pulumi/pulumi");\nconst parent = new pulumi.ComponentResource("bench:index:Cluster", "llm");';
  fs.writeFileSync(
    path.join(folder, "index.js"),
    `"use strict";\nError.stackTraceLimit = 2;\n${[component, ...imports, ...body(resources, classOf)].join("\n")}\n`,
  );
  return result;
}

module.exports = { usualProgram, floorProgram };
