// Copies the fonts that PDFs embed into fonts/: WeasyPrint reads them from disk, browsers never.
// Inter as single weights, because WeasyPrint does not instance a variable font's subsets reliably.
import { copyFile, mkdir, rm } from "node:fs/promises";
import path from "node:path";

const INTER_SUBSETS = ["latin", "latin-ext", "cyrillic", "greek", "vietnamese"];
const WEIGHTS = { 400: "Regular", 600: "SemiBold" };

/** @param {string} root the repository's folder */
export async function copyReportFonts(root) {
  const modules = path.join(root, "node_modules");
  const out = path.join(root, "fonts");
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const files = [];
  for (const [weight, name] of Object.entries(WEIGHTS)) {
    for (const subset of INTER_SUBSETS) {
      files.push(path.join(modules, "@fontsource", "inter", "files", `inter-${subset}-${weight}-normal.woff2`));
    }
    for (const script of ["SC", "TC"]) {
      const folder = path.join(modules, "@expo-google-fonts", `noto-sans-${script.toLowerCase()}`, `${weight}${name}`);
      files.push(path.join(folder, `NotoSans${script}_${weight}${name}.ttf`));
    }
  }
  await Promise.all(files.map((file) => copyFile(file, path.join(out, path.basename(file)))));
}
