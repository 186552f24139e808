import { describe, expect, it } from 'vitest';
import type { Model } from '../src/api/types';
import { matching, model_name } from '../src/state/model_groups';

function model(part: Partial<Model>): Model {
  return {
    id: 'translate-en_th',
    file: 'translate-en_th-1_0',
    kind: 'translation',
    quantisation: 'int8',
    multilingual: true,
    languages: 2,
    source: 'en',
    target: 'th',
    version: '1.0',
    newer_version: '',
    licence: '',
    non_commercial: false,
    listed: true,
    state: 'available',
    usable: false,
    reason: '',
    size_bytes: 0,
    downloaded_bytes: 0,
    sha256: null,
    ...part,
  };
}

const arrow = (source: string, target: string): string => `${source} → ${target}`;
const name = (one: Model): string => model_name(one, 'en', arrow);

describe('model_name', () => {
  it('is the pair of languages where there is one', () => {
    expect(name(model({}))).toBe('English → Thai');
    expect(model_name(model({}), 'ru', arrow)).toBe('Английский → Тайский');
    expect(name(model({ id: 'nllb', source: 'mul', target: 'mul' }))).toBe('nllb');
    expect(name(model({ id: 'mine', source: '', target: '' }))).toBe('mine');
    expect(name(model({ id: 'base', kind: 'whisper', source: '', target: '' }))).toBe('base');
  });
});

describe('matching', () => {
  const models = [
    model({}),
    model({ id: 'translate-en_ru', target: 'ru', state: 'installed', usable: true }),
    model({ id: 'translate-de_en', source: 'de', target: 'en' }),
  ];
  const ids = (filter: string): string[] => matching(models, filter, name).map((one) => one.id);

  it('puts what is here first', () => {
    expect(ids('')).toEqual(['translate-en_ru', 'translate-en_th', 'translate-de_en']);
  });

  it('finds languages by name and code, in any order', () => {
    expect(ids('thai')).toEqual(['translate-en_th']);
    expect(ids('russian english')).toEqual(['translate-en_ru']);
    expect(ids('de_en')).toEqual(['translate-de_en']);
    expect(ids('klingon')).toEqual([]);
  });

  it('does without accents', () => {
    const vietnamese = (one: Model): string => model_name(one, 'vi', arrow);
    const arabic = [model({ id: 'translate-ar_en', source: 'ar', target: 'en' })];
    expect(matching(arabic, 'a rap', vietnamese)).toHaveLength(1);
  });
});
