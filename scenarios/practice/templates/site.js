/* Searches and draws the results in place, without leaving the page. */
document.querySelector("form[data-drawn-by-script]").addEventListener("submit", async (event) => {
  event.preventDefault();
  const query = new FormData(event.target).get("q");
  const answer = await (await fetch("/search.json?q=" + encodeURIComponent(query))).json();
  const main = document.querySelector("main, #main");
  const count = document.createElement("p");
  count.setAttribute("role", "status");
  count.textContent = answer.total ? `${answer.total} results for “${query}”` : `No results were found for “${query}”.`;
  const list = document.createElement("ol");
  list.className = "results";
  for (const result of answer.results) {
    const item = list.appendChild(document.createElement("li"));
    const link = item.appendChild(document.createElement("a"));
    link.href = result.url;
    link.textContent = result.title;
    if (result.summary) item.appendChild(document.createElement("p")).textContent = result.summary;
  }
  main.replaceChildren(count, list);
});
