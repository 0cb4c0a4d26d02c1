// Keys and files of the forms on top of a timeline; each form works without.
const typing = (target) => target.matches("textarea, select, input:not([type=radio], [type=checkbox])");

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form[data-send-keys]");
  if (!form) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
    return;
  }
  const name = form.dataset.digits;
  if (!name || typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || !/^[1-9]$/.test(event.key)) return;
  const choice = form.querySelectorAll(`input[type=radio][name="${name}"]`)[Number(event.key) - 1];
  if (!choice) return;
  event.preventDefault();
  choice.checked = true;
  choice.focus();
});

// The form that was picked gets the focus, so that the next key is for it.
document.addEventListener("change", (event) => {
  if (!event.target.matches?.(".composer-pick")) return;
  const part = event.target.id.replace("compose-", "");
  event.target
    .closest(".composer")
    .querySelector(`.composer-part.of-${part} :is(textarea, input:not([type=hidden], [type=file]))`)
    ?.focus({ preventScroll: true });
});

function chosen(place) {
  const list = place.querySelector("[data-chosen]");
  const files = [...place.querySelector("input[type=file]").files];
  list.replaceChildren(
    ...files.map((file) => {
      const line = document.createElement("li");
      line.textContent = file.name;
      return line;
    }),
  );
  list.hidden = files.length < 2;
}

document.addEventListener("change", (event) => {
  const place = event.target.closest?.("[data-drop]");
  if (place && event.target.matches("input[type=file]")) chosen(place);
});

for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    const place = event.target.closest?.("[data-drop]");
    if (!place) return;
    event.preventDefault();
    place.classList.add("is-over");
  });
}
for (const kind of ["dragleave", "drop"]) {
  document.addEventListener(kind, (event) => event.target.closest?.("[data-drop]")?.classList.remove("is-over"));
}
document.addEventListener("drop", (event) => {
  const place = event.target.closest?.("[data-drop]");
  if (!place || !event.dataTransfer?.files.length) return;
  event.preventDefault();
  place.querySelector("input[type=file]").files = event.dataTransfer.files;
  chosen(place);
});

document.addEventListener("htmx:xhr:progress", (event) => {
  const bar = event.target.querySelector?.(".file-progress");
  if (!bar || !event.detail.lengthComputable) return;
  bar.hidden = false;
  bar.value = Math.round((event.detail.loaded / event.detail.total) * 100);
});
