/** A text, or one text per plural category of the language; `{name}` stands for a parameter, `{n}` for the count. */
export type Text = string | (Partial<Record<Intl.LDMLPluralRule, string>> & { other: string });
export type Texts = Record<string, Text>;
export type Parameters = Record<string, string | number>;

/** The text with its parameters; numbers are written in the digits and separators of `locale`. */
export function fill(text: Text, locale: string, parameters: Parameters): string {
  const chosen = typeof text === 'string' ? text : pick(text, locale, parameters.n);
  return chosen.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = parameters[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? new Intl.NumberFormat(locale).format(value) : value;
  });
}

function pick(text: Exclude<Text, string>, locale: string, count: string | number | undefined): string {
  return text[new Intl.PluralRules(locale).select(Number(count ?? 0))] ?? text.other;
}

/** The names in braces, sorted: translations must have the same ones. */
export function placeholders(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).sort();
}
