import { en } from './en';
import { ru } from './ru';
import { fill, type Parameters, type Text } from './texts';
import { th } from './th';
import { vi } from './vi';

export type MessageKey = keyof typeof en;
export type Messages = Record<MessageKey, Text>;
export type Locale = 'en' | 'th' | 'vi' | 'ru';

const kMessages: Record<Locale, Messages> = { en, th, vi, ru };
const kStorageKey = 'voxlate.page_language';

/** The languages of the page, each under its own name. */
export const kLocales: { tag: Locale; name: string }[] = [
  { tag: 'en', name: 'English' },
  { tag: 'th', name: 'ไทย' },
  { tag: 'vi', name: 'Tiếng Việt' },
  { tag: 'ru', name: 'Русский' },
];

/** The first of `wanted` that the page speaks; English when it speaks none. */
export function choose_locale(wanted: readonly string[]): Locale {
  for (const tag of wanted) {
    const found = kLocales.find((locale) => locale.tag === tag.toLowerCase().split('-')[0]);
    if (found) return found.tag;
  }
  return 'en';
}

function initial_locale(): Locale {
  const remembered = globalThis.localStorage?.getItem(kStorageKey);
  return choose_locale([...(remembered ? [remembered] : []), ...(globalThis.navigator?.languages ?? [])]);
}

class PageLanguage {
  locale = $state<Locale>(initial_locale());
  private chosen = Boolean(globalThis.localStorage?.getItem(kStorageKey));

  choose(locale: Locale): void {
    this.locale = locale;
    this.chosen = true;
    this.keep();
  }

  /** Remembers what somebody chose, also after the browser was told to forget what was stored. */
  keep(): void {
    if (this.chosen) localStorage.setItem(kStorageKey, this.locale);
  }
}

export const page_language = new PageLanguage();

/** The text for `key` in the language of the page. */
export function t(key: MessageKey, parameters: Parameters = {}): string {
  return fill(kMessages[page_language.locale][key], page_language.locale, parameters);
}
