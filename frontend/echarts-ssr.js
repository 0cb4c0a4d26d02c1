// Draws a chart to an SVG string without a browser; run by apps/core/charts.py in QuickJS.
import { charts as echarts } from "./echarts.js";

// QuickJS has no timers. ECharts wants them for its animation loop only, and nothing moves on paper.
globalThis.setTimeout ??= () => 0;
globalThis.clearTimeout ??= () => {};

/** @param {string} request JSON: {option, width, height} @returns {string} JSON: the SVG */
globalThis.renderChart = (request) => {
  const { option, width, height } = JSON.parse(request);
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption({ ...option, animation: false });
    return JSON.stringify(chart.renderToSVGString());
  } finally {
    chart.dispose();
  }
};
