import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { UserError } from "../output";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The Hugging Face token, as huggingface_hub finds it (huggingface/huggingface_hub@ee0a451, utils/_auth.py and
 * constants.py): from the environment, else from the file that `hf auth login` writes. Never printed.
 */
export function findHubToken(env: Environment): string | undefined {
  const given = clean(env.HF_TOKEN) ?? clean(env.HUGGING_FACE_HUB_TOKEN);
  if (given !== undefined) return check(given, "HF_TOKEN");
  const path = tokenPath(env);
  const kept = clean(readIfThere(path));
  return kept === undefined ? undefined : check(kept, path);
}

function tokenPath(env: Environment): string {
  const home = env.HOME ?? homedir();
  const expand = (path: string) => path.replace(/^~(?=\/|$)/, home);
  if (env.HF_TOKEN_PATH) return expand(env.HF_TOKEN_PATH);
  const cache = env.HF_HOME ?? join(env.XDG_CACHE_HOME ?? join(home, ".cache"), "huggingface");
  return join(expand(cache), "token");
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function clean(token: string | undefined): string | undefined {
  return token?.replace(/[\r\n]/g, "").trim() || undefined;
}

/** Node's own error for a header that cannot be sent prints its value. */
function check(token: string, source: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new UserError(`${source}: has characters that no token has. Fix: set it anew, without spaces`);
}
