// The parts of ECharts that are used, for the browser and for the server alike.
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { LabelLayout } from "echarts/features";
import { SVGRenderer } from "echarts/renderers";

echarts.use([AriaComponent, BarChart, GridComponent, LabelLayout, LineChart, MarkLineComponent, SVGRenderer, TooltipComponent]);

export const charts = echarts;
