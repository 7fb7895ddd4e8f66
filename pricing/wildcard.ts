/** Whether a text matches a pattern in which `*` stands for any text, however short. Nothing else is special. */
export function matchesPattern(text: string, pattern: string): boolean {
  if (!pattern.includes("*")) return text === pattern;
  const parts = pattern.split("*");
  const [first = ""] = parts;
  const last = parts.at(-1) ?? "";
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let from = first.length;
  const end = text.length - last.length;
  // Each part in between is taken at the first place where it stands: a later place leaves less for the rest.
  for (const part of parts.slice(1, -1)) {
    const at = text.indexOf(part, from);
    if (at < 0 || at + part.length > end) return false;
    from = at + part.length;
  }
  return true;
}
