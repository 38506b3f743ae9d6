// Opens a page in Debian's chromium and tells what it saw, as JSON: operations on the page, what was
// requested, and every complaint of the browser. Arguments: the page's URL, and "amiss" for a page
// that asks for what it may not, and for what there isn't.
const { chromium } = require("playwright-core");

const [url, amiss] = process.argv.slice(2);
const QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
	"--disable-background-networking", "--disable-component-update"];
// chromium's own sandbox needs what root in a container may not have
const args = process.getuid() === 0 ? [...QUIET, "--no-sandbox"] : QUIET;

async function look() {
	const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args });
	try {
		const page = await browser.newPage({ ignoreHTTPSErrors: true });
		const seen = { requests: [], complaints: [] };
		page.on("request", (r) => seen.requests.push(r.url()));
		page.on("response", (r) => {
			if (r.status() >= 400) seen.complaints.push(`${r.status()} ${r.url()}`);
		});
		page.on("requestfailed", (r) => seen.complaints.push(`failed: ${r.url()}`));
		page.on("pageerror", (e) => seen.complaints.push(`error: ${e}`));
		page.on("console", (m) => {
			if (["error", "warning"].includes(m.type())) seen.complaints.push(m.text());
		});
		await page.addInitScript(() => document.addEventListener("securitypolicyviolation",
			(e) => console.error(`CSP: ${e.violatedDirective} ${e.blockedURI}`)));
		await page.goto(url);
		await page.locator(".opblock").first().waitFor();
		seen.operations = await page.locator(".opblock").evaluateAll(
			(all) => all.map((o) => o.id.replace(/^operations-/, "")));
		// One of them, opened: what stands in it comes from the document too.
		await page.locator(".opblock-post .opblock-summary-control").first().click();
		await page.locator(".opblock.is-open .responses-table").first().waitFor();
		seen.open = await page.locator(".opblock.is-open").first().innerText();
		seen.title = await page.title();
		seen.fine = seen.complaints.length === 0;
		if (amiss) {
			await page.evaluate(async () => {
				const script = document.createElement("script");
				script.textContent = "0";
				document.body.append(script);
				await fetch("/docs/nothing.js");
				const refused = new Promise((told) => document.addEventListener(
					"securitypolicyviolation", (e) => e.violatedDirective === "connect-src" && told()));
				await fetch("https://elsewhere.example/").catch(() => {});
				await refused;
			});
		}
		return seen;
	} finally {
		await browser.close();
	}
}

look().then((seen) => console.log(JSON.stringify(seen)), (why) => {
	console.error(why);
	process.exitCode = 1;
});
