/** The sign of the feed of videos, in both navigations. */
export const videoGlyph = 'M6 4.5h12a2.5 2.5 0 0 1 2.5 2.5v10a2.5 2.5 0 0 1-2.5 2.5H6A2.5 2.5 0 0 1 3.5 17V7A2.5 2.5 0 0 1 6 4.5ZM10 8.8v6.4l5-3.2z'
