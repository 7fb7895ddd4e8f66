import fixture from "../fixtures/ec2-model.json";

/** A shape of EC2's API model, as make.py reduces it. */
interface Shape {
  type: string;
  members?: Readonly<Record<string, string>>;
  required?: readonly string[];
  enum?: readonly string[];
  /** Of a number its least, of a text or list its least length. */
  min?: number;
  max?: number;
  pattern?: string;
  member?: string;
}

const shapes: Readonly<Record<string, Shape>> = fixture.shapes;
const operations: Readonly<Record<string, string>> = fixture.operations;

/** What a request has that EC2's API model does not, or lacks that it needs; one line each, by path. */
export function checkRequest(operation: string, request: unknown): string[] {
  const shape = operations[operation];
  if (shape === undefined) throw new Error(`${operation} is not in the fixture: add it to make.py`);
  return checkValue(shape, request, operation);
}

function checkValue(name: string, value: unknown, path: string): string[] {
  const shape = shapes[name];
  if (!shape) throw new Error(`${name} is not in the fixture: make it again`);
  switch (shape.type) {
    case "structure":
      return checkStructure(shape, value, path);
    case "list":
      return checkList(shape, value, path);
    default:
      return checkScalar(shape, value, path);
  }
}

function checkStructure({ members = {}, required = [] }: Shape, value: unknown, path: string): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${path} is no structure`];
  const given = Object.entries(value).filter(([, inner]) => inner !== undefined);
  const missing = required.filter((member) => !given.some(([key]) => key === member));
  return [
    ...missing.map((member) => `${path}.${member} is missing`),
    ...given.flatMap(([key, inner]) => {
      const member = Object.hasOwn(members, key) ? members[key] : undefined;
      return member === undefined ? [`${path}.${key} is unknown`] : checkValue(member, inner, `${path}.${key}`);
    }),
  ];
}

function checkList(shape: Shape, value: unknown, path: string): string[] {
  if (!Array.isArray(value)) return [`${path} is no list`];
  return [
    ...checkSize(shape, value.length, `${path} with its ${value.length} entries`),
    ...value.flatMap((inner, index) => checkValue(shape.member ?? "", inner, `${path}[${index}]`)),
  ];
}

function checkScalar(shape: Shape, value: unknown, path: string): string[] {
  const shown = `${path} ${JSON.stringify(value)}`;
  if (!isOfType(shape.type, value)) return [`${shown} is no ${shape.type}`];
  if (typeof value === "number") return checkSize(shape, value, shown);
  if (typeof value !== "string") return [];
  const problems = checkSize(shape, value.length, shown);
  if (shape.enum && !shape.enum.includes(value)) problems.push(`${shown} is none of its values`);
  if (shape.pattern !== undefined && !new RegExp(`^(?:${shape.pattern})$`).test(value))
    problems.push(`${shown} does not match ${shape.pattern}`);
  return problems;
}

function checkSize({ min = -Infinity, max = Infinity }: Shape, size: number, shown: string): string[] {
  return size < min || size > max ? [`${shown} is not from ${min} to ${max}`] : [];
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case "boolean":
      return typeof value === "boolean";
    case "integer":
    case "long":
      return Number.isInteger(value);
    case "float":
    case "double":
      return typeof value === "number";
    case "timestamp":
      return typeof value === "string" && !Number.isNaN(Date.parse(value));
    default:
      return typeof value === "string";
  }
}
