/** Quotes a word for a POSIX shell; words that need no quotes stay readable. */
export function quote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./^-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A bash variable or array assignment, the same text for the same values. */
export function assign(name: string, value: string | number | readonly string[]): string {
  if (typeof value === "object") return `${name}=(${value.map(quote).join(" ")})`;
  return `${name}=${quote(String(value))}`;
}

/** A quoted here-document: the shell takes its text as it is. */
export function hereDocument(target: string, text: string, end: string): string {
  if (text.split("\n").includes(end)) throw new Error(`serving: the text of ${target} contains the line ${end}`);
  return `cat >${target} <<'${end}'\n${text.replace(/\n$/, "")}\n${end}`;
}
