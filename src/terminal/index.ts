/** The terminal: what it can show, and having it to oneself for a live view. */
export { type Canvas, canvasOf } from './canvas.ts';
export { Screen } from './screen.ts';
