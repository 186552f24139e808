import type { Recommendation } from '../api/types';

type Group = Recommendation['group'];

const kGroups: Group[] = ['memory', 'cpu', 'cache', 'threading'];

/** All four groups in their order, each with its recommendations as they came: the weightiest first. */
export function advice_groups(advice: readonly Recommendation[]): { group: Group; advice: Recommendation[] }[] {
  return kGroups.map((group) => ({ group, advice: advice.filter((one) => one.group === group) }));
}
