// Turns the TypeScript sources into bin/, file by file, without a type check (`npm run types` checks types, once).
// A manifest in bin/ holds size and time of every source, so that "is the build stale?" costs a few milliseconds.

const fs = require("node:fs");
const path = require("node:path");

const root = path.resolve(__dirname, "..");
const output = path.join(root, "bin");
const manifestFile = path.join(output, "build.json");
const sourceFolders = ["sizing", "pricing", "serving", "components", "stacks", "cli"];

/** Everything that a build is made of: TypeScript to transpile; data and node scripts, which are copied as they are. */
function listSources() {
  // A published package carries bin/ only, and has nothing to be stale against.
  if (!fs.existsSync(path.join(root, "index.ts"))) return undefined;
  const files = ["index.ts"];
  const walk = (folder) => {
    for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
      const name = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(name);
      else if (/\.(ts|json|sh|py|service)$/.test(entry.name)) files.push(name);
    }
  };
  sourceFolders.forEach(walk);
  // The package's version and the builder itself shape the output too.
  files.push("package.json", "build/transpile.js");
  return files.sort();
}

/** Size and time of each source: an older checkout, an edit, a new or a deleted file all change it. */
function fingerprint(files) {
  const stamps = {};
  for (const file of files) {
    const { size, mtimeMs } = fs.statSync(path.join(root, file));
    stamps[file] = `${size}:${mtimeMs}`;
  }
  return stamps;
}

function readManifest() {
  try {
    return JSON.parse(fs.readFileSync(manifestFile, "utf8")) ?? {};
  } catch {
    return {};
  }
}

/** Written aside and renamed, so that a command that runs at the same time never reads half a file. */
function writeWhole(file, content) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const aside = `${file}.${process.pid}`;
  fs.writeFileSync(aside, content);
  fs.renameSync(aside, file);
}

function outputOf(file) {
  return path.join(output, file.replace(/\.ts$/, ".js"));
}

function transpile(file) {
  const source = fs.readFileSync(path.join(root, file), "utf8");
  if (!file.endsWith(".ts")) return source;
  const swc = require("@swc/core");
  const { code } = swc.transformSync(source, {
    filename: file,
    swcrc: false,
    jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    module: { type: "commonjs", ignoreDynamic: false },
    sourceMaps: false,
  });
  return code;
}

/** Builds what changed. Returns the number of files written; throws an Error with the command to give when it cannot. */
function build() {
  const files = listSources();
  if (!files) return 0;
  const before = readManifest();
  const now = fingerprint(files);
  const builderChanged = before["build/transpile.js"] !== now["build/transpile.js"];
  const isThere = (file) => file.startsWith("build/") || fs.existsSync(outputOf(file));
  const changed = files.filter((file) => builderChanged || before[file] !== now[file] || !isThere(file));
  const gone = Object.keys(before).filter((file) => !(file in now));
  if (changed.length === 0 && gone.length === 0) return 0;
  try {
    for (const file of changed) {
      if (!file.startsWith("build/")) writeWhole(outputOf(file), transpile(file));
    }
    for (const file of gone) fs.rmSync(outputOf(file), { force: true });
    writeWhole(manifestFile, JSON.stringify(now, undefined, 1));
  } catch (error) {
    throw new Error(
      `llm-cluster: the sources changed since the last build, and they cannot be built here (${error.message}).\n` +
        "Give: npm ci && npm run build",
    );
  }
  return changed.length;
}

/** What every entry point calls first: builds when a source is newer, and stops the process when that fails. */
function ensureBuilt() {
  try {
    build();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}

module.exports = { build, ensureBuilt };

if (require.main === module) {
  const started = Date.now();
  try {
    const written = build();
    console.error(written ? `built ${written} files in ${Date.now() - started} ms` : "bin/ is up to date");
  } catch (error) {
    console.error(error.message);
    // An install without development dependencies cannot build, and need not fail for it: the first run says so.
    process.exitCode = process.argv.includes("--lenient") ? 0 : 1;
  }
}
