import type { Model } from '../api/types';
import { language_name } from '../text/languages';

/** A model that is here, or of which there is something to say. */
export function is_here(model: Model): boolean {
  return model.state !== 'available';
}

/** The name of a translation model for people: "English → Thai" through `pair`; else its id. */
export function model_name(model: Model, locale: string, pair: (source: string, target: string) => string): string {
  if (model.kind !== 'translation' || model.source === '' || model.source === 'mul') return model.id;
  return pair(language_name(model.source, locale), language_name(model.target, locale));
}

/** Without case and accents, so that "a rap" finds "Ả Rập". */
function plain(text: string): string {
  return text.toLocaleLowerCase().normalize('NFD').replace(/\p{M}/gu, '');
}

/** Models whose id, languages or names hold every word of `filter`, those that are here first. */
export function matching(models: readonly Model[], filter: string, name: (model: Model) => string): Model[] {
  const words = plain(filter).split(/\s+/).filter(Boolean);
  const found = models.filter((model) => {
    const text = plain([model.id, model.source, model.target, name(model)].join(' '));
    return words.every((word) => text.includes(word));
  });
  return [...found.filter(is_here), ...found.filter((model) => !is_here(model))];
}
