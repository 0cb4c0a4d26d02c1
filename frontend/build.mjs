// Builds static/build/ from the npm packages and our sources: `npm run build`.
// --watch rebuilds on change.
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";
import { copyReportFonts } from "./report-fonts.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.join(here, "..", "static", "build");
const iconFolder = path.join(here, "..", "node_modules", "@tabler", "icons", "icons", "outline");

/** One CSS mask per name in icons.txt; an unknown name stops the build. */
async function iconStyles() {
  const names = (await readFile(path.join(here, "icons.txt"), "utf8"))
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith("#"));
  const rules = names.map(async (name) => {
    const svg = await readFile(path.join(iconFolder, `${name}.svg`), "utf8").catch(() => {
      throw new Error(`icons.txt: no icon “${name}” in @tabler/icons`);
    });
    const shapes = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.indexOf("</svg>"));
    const drawn =
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='#000' stroke-width='1.75'" +
      ` stroke-linecap='round' stroke-linejoin='round'>${shapes.replaceAll('"', "'").replace(/\s+/g, " ").trim()}</svg>`;
    const address = drawn.replaceAll("%", "%25").replaceAll("#", "%23").replaceAll("<", "%3C").replaceAll(">", "%3E");
    return `.icon-${name}{--i:url("data:image/svg+xml,${address}")}`;
  });
  return (await Promise.all(rules)).join("\n");
}

const generatedIcons = {
  name: "generated-icons",
  setup(build) {
    build.onResolve({ filter: /^icons-generated$/ }, () => ({ path: "icons", namespace: "icons" }));
    build.onLoad({ filter: /.*/, namespace: "icons" }, async () => ({
      contents: await iconStyles(),
      loader: "css",
      watchFiles: [path.join(here, "icons.txt")],
    }));
  },
};

const options = {
  absWorkingDir: path.join(here, ".."),
  entryPoints: [
    { in: path.join(here, "early.js"), out: "early" },
    { in: path.join(here, "app.css"), out: "app" },
    { in: path.join(here, "app.js"), out: "app" },
    { in: path.join(here, "charts.js"), out: "charts" },
    { in: path.join(here, "team-tree.js"), out: "team-tree" },
    { in: path.join(here, "echarts-ssr.js"), out: "echarts-ssr" },
  ],
  outdir: out,
  bundle: true,
  minify: true,
  // No source maps: a reference to a missing .map makes ManifestStaticFilesStorage fail.
  sourcemap: false,
  legalComments: "linked",
  format: "iife",
  target: ["es2020", "chrome100", "firefox100", "safari15.4"],
  loader: { ".woff2": "file" },
  assetNames: "fonts/[name]",
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [generatedIcons],
  logLevel: "info",
};

/** Files of earlier builds. The others are overwritten in place, so a running site never misses one. */
async function removeStale(metafile) {
  const built = new Set(Object.keys(metafile.outputs).map((file) => path.resolve(options.absWorkingDir, file)));
  const found = await readdir(out, { recursive: true, withFileTypes: true });
  const stale = found
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => !built.has(file));
  await Promise.all(stale.map((file) => rm(file)));
}

await mkdir(out, { recursive: true });
await copyReportFonts(path.join(here, ".."));
if (process.argv.includes("--watch")) {
  const context = await esbuild.context(options);
  await context.watch();
} else {
  const { metafile } = await esbuild.build({ ...options, metafile: true });
  await removeStale(metafile);
}
