/** Short turns: what disturbs a shared machine for a while disturbs all who take turns meanwhile. */

/** Measures one after the other, over and over. Returns what each gave, turn by turn. */
export async function inTurns<Contestant, Result>(
  contestants: readonly Contestant[],
  turns: number,
  measure: (contestant: Contestant) => Promise<Result>,
): Promise<Result[][]> {
  const found: Result[][] = contestants.map(() => []);
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, contestant] of contestants.entries()) found[i]!.push(await measure(contestant));
  }
  return found;
}

/** The turn whose figure is the median one; of an even number the higher of the two in the middle. */
export function medianTurn<Result>(turns: readonly Result[], figure: (turn: Result) => number): Result {
  return turns.toSorted((a, b) => figure(a) - figure(b))[turns.length >> 1]!;
}
