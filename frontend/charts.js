// Draws every [data-chart] from the ECharts option in its JSON script. The option is pure JSON made
// by apps/core/charts.py; colours in it are token names ("@accent") that are looked up here, so that
// a chart follows the theme. The same option is drawn for PDFs by echarts-ssr.js.
import { charts as echarts } from "./echarts.js";

const drawn = new Map();

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** A copy of the option with token names replaced by the theme's colours. */
function themed(value) {
  if (typeof value === "string") return value.startsWith("@") ? token(value.slice(1)) : value;
  if (Array.isArray(value)) return value.map(themed);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, themed(item)]));
  }
  return value;
}

/** What the pointer shows: the labels that the server formatted, never numbers formatted here. */
function pointed(points) {
  // Lines are drawn with the current period last, on top; it is read first.
  const ordered = points.some((point) => point.seriesType === "line") ? [...points].reverse() : points;
  const lines = ordered
    .filter((point) => point.data && point.data.text)
    .map((point) => `${point.seriesName}  ${point.data.text}`);
  return lines.length ? [points[0].axisValueLabel, ...lines].join("\n") : "";
}

/** Below this width the legend above the chart names the lines; the same bound is in chart.css. */
const NARROW = 480;
const isNarrow = (holder) => holder.clientWidth < NARROW;

function withoutEndLabels(chosen) {
  chosen.grid.right = 12;
  for (const series of chosen.series) delete series.endLabel;
}

function option(holder) {
  const chosen = themed(JSON.parse(document.getElementById(holder.dataset.chart).textContent));
  if (isNarrow(holder)) withoutEndLabels(chosen);
  chosen.animation = false;
  chosen.textStyle = { ...chosen.textStyle, fontFamily: getComputedStyle(document.body).fontFamily };
  chosen.tooltip = {
    trigger: "axis",
    // Drawn as SVG: an HTML tooltip needs style attributes, which the content policy forbids.
    renderMode: "richText",
    confine: true,
    formatter: pointed,
    backgroundColor: token("surface"),
    borderColor: token("line-strong"),
    borderWidth: 1,
    padding: [6, 10],
    textStyle: { color: token("ink"), fontSize: 12, lineHeight: 18, fontFamily: chosen.textStyle.fontFamily },
    axisPointer: { type: "line", lineStyle: { color: token("line-strong"), type: "solid" } },
    ...chosen.tooltip,
  };
  return chosen;
}

function draw(holder) {
  if (drawn.has(holder)) return;
  const chart = echarts.init(holder, null, { renderer: "svg" });
  chart.setOption(option(holder));
  let narrow = isNarrow(holder);
  const watcher = new ResizeObserver(() => {
    chart.resize();
    if (narrow === isNarrow(holder)) return;
    narrow = isNarrow(holder);
    chart.setOption(option(holder), { notMerge: true });
  });
  watcher.observe(holder);
  drawn.set(holder, { chart, watcher });
  holder.dataset.drawn = "";
}

function drawAll(root) {
  root.querySelectorAll("[data-chart]").forEach(draw);
}

/** Charts that a swap has taken off the page. */
function forget() {
  for (const [holder, { chart, watcher }] of drawn) {
    if (holder.isConnected) continue;
    watcher.disconnect();
    chart.dispose();
    drawn.delete(holder);
  }
}

function recolour() {
  for (const [holder, { chart }] of drawn) chart.setOption(option(holder), { notMerge: true });
}

drawAll(document);
document.addEventListener("htmx:afterSettle", () => {
  forget();
  drawAll(document);
});
document.addEventListener("salesteam:theme", recolour);
window.addEventListener("beforeprint", recolour);
