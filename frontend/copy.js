// Buttons that copy a text of the page: data-copy names it, data-copied is said afterwards.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  const lines = source.matches("input") ? source.value : source.dataset.text || source.innerText;
  try {
    await navigator.clipboard.writeText(lines);
    button.querySelector("[data-word]").textContent = button.dataset.copied;
  } catch {
    // Not allowed, or no secure connection: then it is marked, ready for the keyboard.
    window.getSelection().selectAllChildren(source);
  }
});
