const kLongest = 2048;

/** The one http or https address that `text` is, as it is asked for; null when it is anything else. */
export function one_address(text: string): string | null {
  const trimmed = text.trim();
  if (!/^https?:\/\/\S+$/i.test(trimmed)) return null;
  try {
    const { href } = new URL(trimmed);
    return href.length <= kLongest ? href : null;
  } catch {
    return null;
  }
}
