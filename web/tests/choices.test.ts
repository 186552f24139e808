import { describe, expect, it } from 'vitest';
import type { Capabilities } from '../src/api/types';
import { kDefaultChoices, possible_choices, read_choices } from '../src/state/choices.svelte';
import { languages_of, targets_from } from '../src/state/reachable';

const route = (source: string, ...targets: string[]) => ({ source, targets, engine: 'apertium', through: [] });
const all: Capabilities = {
  engines: [
    {
      id: 'best',
      name: 'Best',
      languages: ['en', 'fr'],
      notice: '',
      models: [
        { id: 'large', languages: ['en', 'fr'], translates: true, awaited: false },
        { id: 'small.en', languages: ['en'], translates: false, awaited: true },
      ],
    },
    { id: 'sphinx', name: 'PocketSphinx', languages: ['en'], notice: '', models: [] },
  ],
  translations: [route('en', 'es', 'fr'), route('fr', 'ca', 'fr'), route('de', 'pl')],
  formats: ['srt', 'vtt'],
  profiles: ['bbc'],
  imports: true,
  limits: { max_upload_bytes: 1, max_duration_s: null },
  version: '',
};

const any = { engine: '', model: '' };

describe('targets_from', () => {
  it('offers what the chosen language reaches', () => {
    expect(targets_from(all, 'fr', any)).toEqual(['ca']);
  });

  it('offers what any recognisable language reaches while it is not known', () => {
    expect(targets_from(all, '', any)).toEqual(['ca', 'es', 'fr']);
    expect(targets_from(all, '', { engine: 'sphinx', model: '' })).toEqual(['es', 'fr']);
  });
});

describe('languages_of', () => {
  it('follows the engine', () => {
    expect(languages_of(all, any)).toEqual(['en', 'fr']);
    expect(languages_of(all, { engine: 'sphinx', model: '' })).toEqual(['en']);
  });

  it('follows the model', () => {
    expect(languages_of(all, { engine: 'best', model: 'small.en' })).toEqual(['en']);
    expect(languages_of(all, { engine: 'best', model: 'gone' })).toEqual(['en', 'fr']);
  });
});

describe('possible_choices', () => {
  it('drops what this server cannot do', () => {
    const remembered = { ...kDefaultChoices, language: 'en', targets: ['es', 'pl'], profile: 'gone', engine: 'old' };
    expect(possible_choices({ ...remembered, formats: ['srt', 'json'] }, all)).toMatchObject({
      language: 'en',
      targets: ['es'],
      profile: '',
      engine: '',
      formats: ['srt'],
    });
  });

  it('drops a model that the engine does not have', () => {
    const remembered = { ...kDefaultChoices, engine: 'best', language: 'fr' };
    expect(possible_choices({ ...remembered, model: 'large' }, all)).toMatchObject({ model: 'large', language: 'fr' });
    expect(possible_choices({ ...remembered, model: 'small.en' }, all)).toMatchObject({ language: '' });
    expect(possible_choices({ ...remembered, model: 'gone' }, all)).toMatchObject({ engine: 'best', model: '' });
    expect(possible_choices({ ...remembered, engine: 'sphinx', model: 'large' }, all)).toMatchObject({ model: '' });
  });
});

describe('read_choices', () => {
  it('gives the defaults for nothing and for nonsense', () => {
    expect(read_choices(null)).toEqual(kDefaultChoices);
    expect(read_choices('{"targets":7,"formats":["exe"],"priority":"now"}')).toEqual(kDefaultChoices);
    expect(read_choices('not json')).toEqual(kDefaultChoices);
  });

  it('gives back what was stored', () => {
    const stored = { ...kDefaultChoices, language: 'en', targets: ['es'], formats: ['txt'], priority: 'high' };
    expect(read_choices(JSON.stringify(stored))).toEqual(stored);
  });
});
