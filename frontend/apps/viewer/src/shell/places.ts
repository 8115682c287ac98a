/** The sign of the feed of videos, in both navigations. */
export const videoGlyph = 'M6 4.5h12a2.5 2.5 0 0 1 2.5 2.5v10a2.5 2.5 0 0 1-2.5 2.5H6A2.5 2.5 0 0 1 3.5 17V7A2.5 2.5 0 0 1 6 4.5ZM9.6 7.4v9.2l7-4.6z'
