/** Name of a language in the words of `locale`; the tag itself when the browser does not know it. */
export function language_name(tag: string, locale: string): string {
  try {
    const name = new Intl.DisplayNames([locale], { type: 'language' }).of(tag) ?? tag;
    return name.charAt(0).toLocaleUpperCase(locale) + name.slice(1);
  } catch {
    return tag;
  }
}

/** Writing direction of a language, for `dir` on its text. */
export function text_direction(tag: string): 'ltr' | 'rtl' {
  return /^(ar|arc|ckb|dv|fa|he|ks|ps|sd|ug|ur|yi)(-|$)/i.test(tag) ? 'rtl' : 'ltr';
}
