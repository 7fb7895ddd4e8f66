/** A document whose steps are still text: they are parsed one by one, so that a long preview need not be held whole. */
export interface SplitDocument {
  /** Everything else of the document, parsed. */
  rest: Record<string, unknown>;
  /** Parses and hands out one step after another; throws a SyntaxError at one that is broken. */
  steps(): Generator<unknown>;
}

const [quote, backslash, open, close, openList, closeList, comma] = Buffer.from('"\\{}[],');

/**
 * Splits the UTF-8 text of a JSON object into the elements of its top-level list `steps` and the rest. Undefined for
 * anything else, and for JSON that is broken: whoever parses that whole says where.
 */
export function splitSteps(bytes: Uint8Array): SplitDocument | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const spans: number[] = [];
  let depth = 0;
  let listStart = -1;
  let listEnd = -1;
  let elementStart = -1;
  for (let at = 0; at < buffer.length; at += 1) {
    const byte = buffer[at];
    if (byte === quote) {
      const end = endOfString(buffer, at);
      if (depth === 1 && listStart < 0 && isStepsKey(buffer, at, end)) listStart = listAfter(buffer, end);
      else if (depth === 2 && inList() && elementStart < 0) elementStart = at;
      at = end;
    } else if (byte === open || byte === openList) {
      depth += 1;
      if (depth === 3 && inList()) elementStart = at;
    } else if (byte === close || byte === closeList) {
      depth -= 1;
      if (depth === 2 && elementStart >= 0) {
        spans.push(elementStart, at + 1);
        elementStart = -1;
      } else if (depth === 1 && inList()) {
        // An element that is no object or list: a broken document, which is read whole.
        if (elementStart >= 0) return undefined;
        listEnd = at;
      }
    } else if (depth === 2 && inList() && elementStart < 0 && byte !== comma && byte !== undefined && byte > 32) {
      return undefined;
    }
  }
  if (listStart < 0 || listEnd < 0 || depth !== 0) return undefined;
  const rest = parseObject(`${buffer.toString("utf8", 0, listStart + 1)}${buffer.toString("utf8", listEnd)}`);
  return rest && { rest, steps: () => parseEach(buffer, spans) };

  function inList(): boolean {
    return listStart >= 0 && listEnd < 0;
  }
}

function* parseEach(buffer: Buffer, spans: readonly number[]): Generator<unknown> {
  for (let index = 0; index < spans.length; index += 2) {
    yield JSON.parse(buffer.toString("utf8", spans[index], spans[index + 1]));
  }
}

/** Where a string ends, quotes escaped inside it passed over. */
function endOfString(buffer: Buffer, start: number): number {
  let end = buffer.indexOf(quote as number, start + 1);
  while (end >= 0) {
    let slashes = 0;
    while (buffer[end - 1 - slashes] === backslash) slashes += 1;
    if (slashes % 2 === 0) return end;
    end = buffer.indexOf(quote as number, end + 1);
  }
  return buffer.length;
}

function isStepsKey(buffer: Buffer, start: number, end: number): boolean {
  return end - start === 6 && buffer.toString("latin1", start + 1, end) === "steps" && listAfter(buffer, end) >= 0;
}

/** Where the list begins that is the value of the key that ends here; -1 where another value is. */
function listAfter(buffer: Buffer, keyEnd: number): number {
  const match = /^\s*:\s*\[/.exec(buffer.toString("latin1", keyEnd + 1, keyEnd + 64));
  return match ? keyEnd + match[0].length : -1;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
