/** Frames of one length in the order of their time. What they hold of tracks is told to whoever counts that. */

/** The cells of one second, or of several merged ones: `ids[i]` has the cell at `rows[i * CELL_WIDTH]`. */
export interface KeptFrame {
  /** Unix seconds at its end. */
  readonly at: number;
  /** Shared by frames with the same tracks: never written to. */
  readonly ids: Uint32Array;
  readonly rows: Float32Array;
}

/** Told which lists of tracks are held by how many frames. */
export interface ListHolder {
  hold(ids: Uint32Array): void;
  release(ids: Uint32Array): void;
}

/** What a frame costs beside its numbers: the object, the array and its buffer, by Node 20's heap statistics. */
const FRAME_OVERHEAD_BYTES = 250;

export class Tier {
  readonly stepSeconds: number;
  readonly #keepSeconds: number;
  readonly #holder: ListHolder;
  readonly #frames: KeptFrame[] = [];
  #bytes = 0;

  constructor(stepSeconds: number, keepSeconds: number, holder: ListHolder) {
    this.stepSeconds = stepSeconds;
    this.#keepSeconds = keepSeconds;
    this.#holder = holder;
  }

  /** Bytes of its frames without their lists of tracks. */
  get bytes(): number {
    return this.#bytes;
  }

  get frames(): readonly KeptFrame[] {
    return this.#frames;
  }

  /** The frame that ends at this second. */
  get(at: number): KeptFrame | undefined {
    const frame = this.#frames[this.indexFrom(at)];
    return frame?.at === at ? frame : undefined;
  }

  /** Keeps a frame at its place; one of the same time is replaced. */
  put(frame: KeptFrame): void {
    const index = this.indexFrom(frame.at);
    const old = this.#frames[index];
    this.#holder.hold(frame.ids);
    this.#bytes += cost(frame);
    if (old?.at !== frame.at) {
      this.#frames.splice(index, 0, frame);
      return;
    }
    this.#frames[index] = frame;
    this.#drop(old);
  }

  /** Forgets what is older than this tier keeps. */
  forgetOld(nowSeconds: number): void {
    const count = this.indexFrom(nowSeconds - this.#keepSeconds + 1);
    for (const frame of this.#frames.splice(0, count)) this.#drop(frame);
  }

  /** Forgets one frame: of those dated after `nowSeconds`, by a clock that was wrong, the last; else the oldest. */
  forgetOne(nowSeconds: number): void {
    const last = this.#frames.at(-1);
    const victim =
      last !== undefined && last.at > nowSeconds + this.stepSeconds
        ? this.#frames.pop()
        : this.#frames.shift();
    if (victim !== undefined) this.#drop(victim);
  }

  /** Index of the first frame that ends at this second or later. */
  indexFrom(at: number): number {
    const frames = this.#frames;
    // Nearly always it is about the end.
    if ((frames.at(-1)?.at ?? Number.NEGATIVE_INFINITY) < at) return frames.length;
    let low = 0;
    let high = frames.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((frames[middle]?.at ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #drop(frame: KeptFrame): void {
    this.#bytes -= cost(frame);
    this.#holder.release(frame.ids);
  }
}

function cost(frame: KeptFrame): number {
  return frame.rows.byteLength + FRAME_OVERHEAD_BYTES;
}
