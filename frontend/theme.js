// The theme switch: the form works by itself (POST, then the page again); here it acts at once.
const root = document.documentElement;

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-theme-form]")) return;
  event.preventDefault();
  const button = event.submitter;
  root.dataset.theme = button.value;
  if (button.value === "system") {
    document.dispatchEvent(new CustomEvent("salesteam:choose-theme"));
  } else {
    root.dataset.bsTheme = button.value;
    document.dispatchEvent(new CustomEvent("salesteam:theme"));
  }
  form.querySelectorAll("button[name=theme]").forEach((other) => {
    other.setAttribute("aria-pressed", String(other === button));
  });
  const body = new FormData(form);
  body.set("theme", button.value);
  // Who goes on to another page at once has chosen all the same.
  await fetch(form.action, { method: "POST", body, redirect: "manual", keepalive: true });
});
