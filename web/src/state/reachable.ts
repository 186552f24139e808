import type { Capabilities } from '../api/types';

function spoken_languages(all: Capabilities): string[] {
  return [...new Set(all.engines.flatMap((engine) => engine.languages))];
}

/** Languages that can be chosen as spoken; with `engine` only those it knows. */
export function languages_of(all: Capabilities, engine: string): string[] {
  const chosen = all.engines.find((candidate) => candidate.id === engine);
  return chosen ? [...chosen.languages] : spoken_languages(all);
}

/** Languages that speech in `language` ('' = not known yet: any that can be recognised) can be translated into. */
export function targets_from(all: Capabilities, language: string, engine: string): string[] {
  const sources = language ? [language] : languages_of(all, engine);
  const pairs = all.translations.filter((pair) => sources.includes(pair.source) && pair.target !== language);
  return [...new Set(pairs.map((pair) => pair.target))].sort();
}
