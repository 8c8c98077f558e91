/** `auto`: the fast engine where it serves, else the portable one. */
export type EngineWish = 'auto' | 'linux' | 'portable';

/** What the environment asks for in `RENGARDE_ENGINE`: `auto` also when it is unset; undefined: no such engine. */
export function engineWish(): EngineWish | undefined {
  const wish = process.env.RENGARDE_ENGINE || 'auto';
  return wish === 'auto' || wish === 'linux' || wish === 'portable' ? wish : undefined;
}
