/** Fences that begin or end a block of code (CommonMark 0.31, section 4.5). */
const fencePattern = /^ {0,3}(`{3,}|~{3,})(.*)$/;

/** What is open after some lines of Markdown. */
interface Open {
  /** The fence that a block of code began with. */
  fence: string | undefined;
  /** How many <details> are open. */
  details: number;
}

/**
 * Markdown that a forge takes whole: as it is, or cut after a line, with what is open closed and a sentence at the end
 * that says so. The first line, which is the marker, always stays.
 * @param markdown the report
 * @param longest the longest text that the forge takes, in UTF-16 code units
 * @param sentence what the last line says of a text that was cut
 */
export function cutToLength(markdown: string, longest: number, sentence: string): string {
  if (markdown.length <= longest) return markdown;
  let open: Open = { fence: undefined, details: 0 };
  let length = 0;
  let best = { length: 0, ending: "" };
  for (const line of markdown.split("\n")) {
    length += line.length + 1;
    open = after(open, line);
    const ending = `${closing(open)}\n${sentence}\n`;
    if (length + ending.length <= longest || best.length === 0) best = { length, ending };
    if (length > longest) break;
  }
  return markdown.slice(0, best.length) + best.ending;
}

function after({ fence, details }: Open, line: string): Open {
  const [, mark, rest = ""] = fencePattern.exec(line) ?? [];
  if (fence !== undefined) {
    // Only a fence of the same kind, at least as long and with nothing behind it, ends the block.
    const ends = mark?.startsWith(fence) && rest.trim() === "";
    return { fence: ends ? undefined : fence, details };
  }
  // What stands behind a fence of backticks has none: such a line is code in a line.
  if (mark && !(mark.startsWith("`") && rest.includes("`"))) return { fence: mark, details };
  const began = line.match(/<details\b/gi)?.length ?? 0;
  const ended = line.match(/<\/details>/gi)?.length ?? 0;
  return { fence, details: Math.max(0, details + began - ended) };
}

function closing({ fence, details }: Open): string {
  return `${fence === undefined ? "" : `${fence}\n`}${"\n</details>\n".repeat(details)}`;
}
