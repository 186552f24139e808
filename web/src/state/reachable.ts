import type { Capabilities } from '../api/types';
import type { JobChoices } from '../api/upload';

/** What is to recognise: empty strings mean "the server decides". */
export type Recogniser = Pick<JobChoices, 'engine' | 'model'>;

function spoken_languages(all: Capabilities): string[] {
  return [...new Set(all.engines.flatMap((engine) => engine.languages))];
}

/** Languages that can be chosen as spoken; with an engine or a model only those it knows. */
export function languages_of(all: Capabilities, { engine, model }: Recogniser): string[] {
  const chosen = all.engines.find((candidate) => candidate.id === engine);
  const chosen_model = chosen?.models.find((candidate) => candidate.id === model);
  return chosen ? [...(chosen_model ?? chosen).languages] : spoken_languages(all);
}

/** Languages that speech in `language` ('' = not known yet: any that can be recognised) can be translated into. */
export function targets_from(all: Capabilities, language: string, recogniser: Recogniser): string[] {
  const sources = language ? [language] : languages_of(all, recogniser);
  const routes = all.translations.filter((route) => sources.includes(route.source));
  return [...new Set(routes.flatMap((route) => route.targets))].filter((target) => target !== language).sort();
}
