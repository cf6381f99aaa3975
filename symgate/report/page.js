// Copy buttons.  The clipboard interface is missing from pages opened as files in some browsers; then select and copy.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy).textContent;
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
  }
  const label = button.dataset.label ?? button.textContent;
  button.dataset.label = label;
  button.textContent = done ? "Copied" : "Copy failed";
  document.getElementById("said").textContent = button.textContent;
  setTimeout(() => { button.textContent = label; }, 1400);
});

// Search: every word must occur in the name of a result or in its heading; sections without a result are hidden.
const field = document.getElementById("search");
const articles = [...document.querySelectorAll("main article")].map((element) => [
  element,
  `${element.id} ${element.querySelector("h3").textContent}`.toLowerCase().replaceAll("_", " "),
]);
field.addEventListener("input", () => {
  const words = field.value.toLowerCase().replaceAll("_", " ").split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const [element, text] of articles) {
    element.hidden = !words.every((word) => text.includes(word));
    shown += !element.hidden;
  }
  for (const section of document.querySelectorAll("main section")) {
    const own = [...section.querySelectorAll("article")];
    section.hidden = words.length > 0 && !own.some((element) => !element.hidden);
  }
  document.body.classList.toggle("searching", words.length > 0);
  document.getElementById("found").textContent = words.length ? `${shown} of ${articles.length} results` : "";
});
