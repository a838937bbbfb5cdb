// Okabe & Ito's colours, lightened for a black sky; one for each row of the phase table.

export const INKS = [
  "#4c9be8", "#e69f00", "#22c08c", "#d98bb5", "#ee7733", "#8fd8ff", "#f2f2f2", "#a8a8a8",
];
export const LIMIT = "#ff8f86";
export const INK = "#eceae4";
export const SOFT = "#9aa3ad";
