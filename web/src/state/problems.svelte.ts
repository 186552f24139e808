/** What went wrong with something a person did just now; shown until dismissed. */
class ProblemsStore {
  list = $state.raw<string[]>([]);

  add(reason: string): void {
    if (!this.list.includes(reason)) this.list = [...this.list, reason];
  }

  dismiss(reason: string): void {
    this.list = this.list.filter((other) => other !== reason);
  }
}

export const problems = new ProblemsStore();
