"""Laws of the report page: complete, self-contained, true to the verdicts, and drawn by a browser as mathematics."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure
from models_shown import decay, derived, growth, model

import amsym as am
from proofs.report import report
from proofs.verify import verify

CHROMIUM = next((path for name in ("chromium", "google-chrome", "chromium-browser") if (path := shutil.which(name))), None)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]

# Writes what the browser measured into the page; only this test's copy of the page has it.
MEASURE = """<script>addEventListener('load', () => {
  const maths = [...document.querySelectorAll('math')].map(m => m.getBoundingClientRect().height);
  document.body.dataset.measured = [maths.length, Math.min(...maths), document.documentElement.scrollWidth, innerWidth].join(' ');
})</script>"""


@pytest.fixture(scope="module")
def page() -> Any:
    return report({"two layers": model("two layers"), "decay": decay(), "growth": growth()}, figures=[("a caption", Figure())])


class Tags(HTMLParser):
    """Every tag with its attributes, and whether all that opened was closed."""

    VOID = frozenset(("meta", "img", "br", "line", "circle", "rect", "mspace"))

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_a_page_is_well_formed_and_asks_the_network_for_nothing(page: Any) -> None:
    tags = Tags(page.html)
    assert not tags.open
    assert not {tag for tag, _ in tags.seen} & {"script", "link", "iframe", "object"}
    sources = [v for _, attributes in tags.seen for k, v in attributes.items() if k in ("src", "href")]
    assert all(s.startswith(("data:image/png;base64,", "data:image/svg+xml;base64,", "#amsym-model-")) for s in sources)
    assert {s[1:] for s in sources if s.startswith("#")} <= {attributes.get("id") for _, attributes in tags.seen}
    assert not re.search(r"url\(|@import|https?://", page.html)


def test_a_page_shows_each_model_with_its_derivation_verdicts_and_pictures(page: Any) -> None:
    for n, name in enumerate(("two layers", "decay", "growth"), 1):
        assert f'<h2 id="amsym-model-{n}">{name}</h2>' in page.html
    assert page.html.count('class="amsym-derivation"') == 3
    assert page.html.count("<svg") == 1
    assert "<figcaption>a caption</figcaption>" in page.html
    assert {"states", "energy", "gradient", "Hessian", "flow", "energy rate"} <= set(re.findall(r'amsym-label">([^<]+)<', page.html))


def test_the_page_says_what_verify_says(page: Any) -> None:
    """Of what is quickly decided: a search that ends with its time may end otherwise on a busy machine."""
    quick = ["energy never increases", "energy bounded below", "energy coercive", "smooth", "dead directions"]
    for name, system in {"decay": decay(), "growth": growth()}.items():
        expected = {key: v.status for key, v in verify(system, only=quick).items() if key in page.reports[name]}
        assert {key: page.reports[name][key].status for key in expected} == expected
    shown = re.findall(r'amsym-status [\w-]+">\S (\w+)<', page.html)
    assert sorted(shown) == sorted(str(v.status) for r in page.reports.values() for v in r.values())


def test_each_certificate_is_folded_away_with_its_steps(page: Any) -> None:
    verdicts = [v for r in page.reports.values() for v in r.values()]
    assert page.html.count("<details>") == sum(bool(v.certificate) for v in verdicts)
    assert "<dt>lemma</dt>" in page.html
    assert "<dt>identity</dt>" in page.html


def test_a_page_is_the_same_whenever_it_is_made() -> None:
    first, second = (re.sub(r"certificate \([\d.e-]+ s\)", "certificate", report(decay()).html) for _ in range(2))
    assert first == second


def test_saving_writes_the_page_and_a_missing_folder_is_named(tmp_path: Path) -> None:
    page = report(decay(), tmp_path / "a.html")
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == page.html
    with pytest.raises(am.InputError, match="there is no folder"):
        page.save(tmp_path / "missing" / "b.html")


def test_a_folder_is_no_place_to_write_and_is_refused_before_the_work(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "missing" / "b.html"):
        with pytest.raises(am.InputError, match="cannot write"):
            report("no model, which would be told next", place)


def test_a_page_on_one_model_says_its_name_once_and_for_what_its_verdicts_are() -> None:
    network = am.zoo.hopfield()
    every = report(network, pictures=False).html
    given = report(network, params={"W": [[0, 1], [1, 0]], "b": [0, 0]}, pictures=False).html
    assert every.count("hopfield (tanh)</h") == 1
    assert "Derived and verified by amsym" in every
    assert "verified for the given values of W, b.</p>" in given
    assert "verified by" not in given
    assert "<h2 " in report(network, title="My network", pictures=False).html


def test_a_notebook_gets_the_same_body_without_a_document_around_it(page: Any) -> None:
    assert page.body in page._repr_html_()
    assert "<html" not in page._repr_html_()


def test_a_system_without_energy_still_has_its_page() -> None:
    i, y = am.index("i", "N"), am.state("y", "N")
    html = report(am.System(flow={y[i]: -y[i]})).html
    assert "the system has no energy" in html
    assert "Derived by amsym" in html


def test_only_models_and_figures_are_reported() -> None:
    with pytest.raises(am.ModelError, match="a System, a Memory, a Lagrangian or"):
        report("hopfield")
    with pytest.raises(am.InputError, match="figures holds matplotlib figures"):
        report(decay(), figures=[3])


def test_names_that_look_like_tags_are_escaped() -> None:
    i, y = am.index("i", "N"), am.state("y", "N")
    html = report(am.System(flow={y[i]: -y[i]}, energy=am.total(y[i] ** 2, i) / 2, name="<b>& co")).html
    assert "<b>" not in html
    assert "&lt;b&gt;&amp; co" in html


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium or google-chrome on the path")
@pytest.mark.parametrize("width", [1000, 390])
def test_a_browser_draws_every_formula_within_the_width_and_without_complaint(page: Any, width: int, tmp_path: Path) -> None:
    copy = tmp_path / "page.html"
    copy.write_text(page.html.replace("</body>", f"{MEASURE}</body>"), encoding="utf-8")
    command = [
        CHROMIUM,
        *FLAGS,
        f"--user-data-dir={tmp_path}/profile",
        "--enable-logging=stderr",
        f"--window-size={max(width, 500)},900",
    ]
    command += ["--dump-dom", _framed(copy, width, tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)  # type: ignore[arg-type]
    assert "CONSOLE" not in run.stderr
    found = re.search(r'data-measured="([^"]+)"', run.stdout)
    assert found, run.stderr[-500:]
    count, least, wide, inner = (float(n) for n in found[1].split())
    assert count > 40
    assert least > 10
    assert inner == width
    assert wide <= width


def _framed(copy: Path, width: int, folder: Path) -> str:
    """Browsers open no window narrower than 500 pixels: a frame is as narrow as a phone."""
    frame = folder / "frame.html"
    script = "onmessage = e => document.body.dataset.measured = e.data"
    copy.write_text(
        copy.read_text(encoding="utf-8").replace("})</script>", "  parent.postMessage(document.body.dataset.measured, '*') })</script>")
    )
    frame.write_text(
        f'<script>{script}</script><body style="margin:0"><iframe src="{copy.as_uri()}" width={width} height=800 frameborder=0></iframe>'
    )
    return frame.as_uri()


# What a reader of a phone would miss: formulas that go on beyond their box, and labels that are too small.
MISSED = """<script>addEventListener('load', () => {
  const wide = [...document.querySelectorAll('.amsym-formula')].filter(e => e.scrollWidth > e.clientWidth + 1);
  const labels = [...document.querySelectorAll('.amsym-graph text')].map(t => t.getBoundingClientRect().height);
  document.body.dataset.measured = [wide.length, Math.min(...labels)].join(' ');
})</script>"""


@pytest.fixture(scope="module")
def three_layers() -> Any:
    return report(am.zoo.hierarchical(), pictures=False)


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium or google-chrome on the path")
def test_three_layers_are_read_on_a_phone_without_scrolling_and_their_graph_has_letters_to_read(three_layers: Any, tmp_path: Path) -> None:
    copy = tmp_path / "page.html"
    copy.write_text(three_layers.html.replace("</body>", f"{MISSED}</body>"), encoding="utf-8")
    run = _chromium(tmp_path, "--window-size=500,900", "--dump-dom", _framed(copy, 390, tmp_path))
    found = re.search(r'data-measured="([^"]+)"', run.stdout)
    assert found, run.stderr[-500:]
    too_wide, letters = (float(n) for n in found[1].split())
    assert too_wide == 0
    assert letters >= 10


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium or google-chrome on the path")
def test_certificates_are_printed_where_they_were_opened_only(three_layers: Any, tmp_path: Path) -> None:
    folded = three_layers.html
    opened = folded.replace("<details><summary>certificate", "<details open><summary>certificate")
    assert _pages(folded, tmp_path) + 3 <= _pages(opened, tmp_path)


def _pages(html: str, folder: Path) -> int:
    """How many sheets the page fills."""
    (folder / "page.html").write_text(html, encoding="utf-8")
    _chromium(folder, f"--print-to-pdf={folder}/page.pdf", "--no-pdf-header-footer", (folder / "page.html").as_uri())
    return len(re.findall(rb"/Type\s*/Page\b", (folder / "page.pdf").read_bytes()))


def _chromium(folder: Path, *arguments: str) -> Any:
    return subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={folder}/profile", *arguments],  # type: ignore[list-item]
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_derivation_in_a_notebook_is_html_with_mathml() -> None:
    assert "<math" in derived("tanh")._repr_html_()
    assert derived("tanh")._repr_latex_().startswith("$\\displaystyle")
