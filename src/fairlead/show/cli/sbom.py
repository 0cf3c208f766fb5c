"""`fairlead sbom`: a model's bill of materials, for whoever must know what it is made of."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.show.cli.options import Where, examples, workspace_option

__all__ = ["sbom"]


@click.command(epilog=examples("fairlead sbom example", "fairlead sbom example --output example.cdx.json"))
@click.argument("model")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it there. Default: standard output.",
)
@workspace_option
def sbom(where: Where, model: str, output: Path | None) -> int:
    """Write a model's bill of materials.

    CycloneDX 1.6 JSON: the artifact's files with their digests, the data, the packages of its server, licences and base
    model, and a model card with what was measured. The same workspace gives the same bytes.
    """
    from fairlead.domain.finding import judge
    from fairlead.drivers.folder import FolderTree
    from fairlead.flows.sbom import sbom as bill
    from fairlead.flows.write import write_whole
    from fairlead.show.outputs.console import console_for
    from fairlead.show.outputs.findings import render_findings, summary

    console = console_for("json")
    result = bill(FolderTree(where.folder()), model)
    if result.findings:
        console.note(render_findings(result.findings, colour=False))
    if result.text is None:
        console.note(summary(result.findings, judge(result.findings)))
        return 1
    if output is None:
        console.write(result.text.rstrip("\n"))
    else:
        write_whole(output, result.text)
        console.note(f"Written: {output}")
    return 0
