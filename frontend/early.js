// Runs before the first paint: a reader whose theme follows the system gets no flash of light.
const root = document.documentElement;
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function follow() {
  if (root.dataset.theme !== "system") return;
  root.dataset.bsTheme = dark.matches ? "dark" : "light";
  document.dispatchEvent(new CustomEvent("salesteam:theme"));
}

root.dataset.js = "";
follow();
dark.addEventListener("change", follow);
document.addEventListener("salesteam:choose-theme", follow);
