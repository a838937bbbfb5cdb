// Colours of words and lines; those of the phases come with the scene, as in the report's figures.
// The lines' are Okabe & Ito's, lightened for a dark panel.

export const BLUE = "#4c9be8";
export const ORANGE = "#e69f00";
export const VERMILION = "#ee7733";
export const LIMIT = "#ff8f86";
export const INK = "#eceae4";
export const SOFT = "#9aa3ad";
