/** Icons of the feed of videos, on the grid of the others. */
export const signs = {
  clean: 'M4 4l16 16M9.6 5.4A9.7 9.7 0 0 1 12 5c5.5 0 8.5 5 9 7a12 12 0 0 1-2.6 4M6 7.5A12.4 12.4 0 0 0 3 12c.5 2 3.5 7 9 7 1.7 0 3.2-.5 4.5-1.2',
  keys: 'M4 7h16v10H4zM7.5 10h.01M10.5 10h.01M13.5 10h.01M16.5 10h.01M8 14h8',
} as const
