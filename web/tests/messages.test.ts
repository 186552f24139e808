import { describe, expect, it } from 'vitest';
import { en } from '../src/messages/en';
import { choose_locale, kLocales } from '../src/messages/messages.svelte';
import { ru } from '../src/messages/ru';
import { fill, placeholders, type Text } from '../src/messages/texts';
import { th } from '../src/messages/th';
import { vi } from '../src/messages/vi';

const kTranslations: Record<string, Record<string, Text>> = { en, th, vi, ru };

const kSources = import.meta.glob<string>(['../src/**/*.{ts,svelte}', '!../src/messages/**'], {
  query: '?raw',
  import: 'default',
  eager: true,
});

function forms(text: Text): string[] {
  return typeof text === 'string' ? [text] : Object.values(text);
}

describe('messages', () => {
  it.each(kLocales)('has every text in $name, and no other', ({ tag }) => {
    expect(Object.keys(kTranslations[tag]!).sort()).toEqual(Object.keys(en).sort());
  });

  it.each(kLocales)('has the same parameters and no empty text in $name', ({ tag }) => {
    for (const [key, text] of Object.entries(kTranslations[tag]!)) {
      const expected = placeholders(forms(en[key as keyof typeof en])[0]!);
      for (const form of forms(text)) {
        expect(form.trim(), key).not.toBe('');
        expect(placeholders(form), key).toEqual(expected);
      }
    }
  });

  it.each(kLocales)('has each plural form that $name needs', ({ tag }) => {
    const needed = new Intl.PluralRules(tag).resolvedOptions().pluralCategories.sort();
    for (const [key, text] of Object.entries(kTranslations[tag]!)) {
      if (typeof text !== 'string') expect(Object.keys(text).sort(), key).toEqual(needed);
    }
  });

  it('uses every text somewhere', () => {
    const source = Object.values(kSources).join('\n');
    const unused = Object.keys(en).filter((key) => !source.includes(`'${key}'`));
    expect(unused).toEqual([]);
  });
});

describe('fill', () => {
  it('writes numbers as the language does and leaves unknown parameters visible', () => {
    expect(fill('{n} of {what}', 'ru', { n: 1234567 })).toMatch(/^1\s234\s567 of \{what\}$/);
  });
});

describe('choose_locale', () => {
  it('takes the first language of the browser that there is', () => {
    expect(choose_locale(['fr-FR', 'vi-VN', 'en'])).toBe('vi');
    expect(choose_locale(['de'])).toBe('en');
  });
});
