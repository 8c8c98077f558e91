/** The terminal: what it can show, whether it is gone, which text does no harm there, and having it to oneself for a live view. */
export { type Canvas, canvasOf } from './canvas.ts';
export { isTerminalGone, leave } from './gone.ts';
export { plain } from './plain.ts';
export { Screen } from './screen.ts';
