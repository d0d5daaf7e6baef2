/**
 * Bars as SVG, with a whisker from the lowest round to the highest; written by hand, since a plot of ten bars needs no library.
 */
import { type Plot, figure } from "./section.ts";

const width = 860;
const labelWidth = 330;
const valueWidth = 110;
const rowHeight = 34;
const top = 44;
/** Text, bars and whiskers read on white and on black. */
const colours = { text: "#7a828c", bar: "#4c8bf5", whisker: "#9aa3ad" };

/** @param plot Values of 0 and more. */
export function plotSvg({ title, unit, bars }: Plot): string {
  const height = top + bars.length * rowHeight + 10;
  const most = Math.max(...bars.map(({ highest }) => highest), Number.MIN_VALUE);
  const lengthOf = (value: number) => Math.round((value / most) * (width - labelWidth - valueWidth));
  const rows = bars.map(({ label, value, lowest, highest }, index) => {
    const y = top + index * rowHeight;
    const middle = y + 11;
    return [
      `  <text x="${labelWidth - 10}" y="${y + 15}" text-anchor="end">${escaped(label)}</text>`,
      `  <rect x="${labelWidth}" y="${y}" width="${lengthOf(value)}" height="22" rx="2" fill="${colours.bar}"/>`,
      `  <path d="M${labelWidth + lengthOf(lowest)} ${middle}H${labelWidth + lengthOf(highest)}" stroke="${colours.whisker}" stroke-width="2"/>`,
      `  <text x="${labelWidth + lengthOf(highest) + 8}" y="${y + 15}">${figure(value)}</text>`,
    ].join("\n");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="${colours.text}" role="img">`,
    `  <title>${escaped(title)}</title>`,
    `  <text x="10" y="22" font-size="15" font-weight="600">${escaped(`${title} (${unit})`)}</text>`,
    ...rows,
    "</svg>\n",
  ].join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
