using System.Buffers.Binary;
using System.Xml.Linq;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Plots;

public sealed class PricesPictureTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void EveryCriterionThatKnowsAPriceHasAPanelWithWhatItsCellsComeTo()
    {
        string atlas = HandWrittenAtlas.Write(folder), text = Drawn("1000", atlas);
        Assert.Contains("; 4 cells of an atlas: mlp|", text, StringComparison.Ordinal);
        // Paid / predicted: 0.5, 1, −0.5, 1.5. Ranks as predicted 3 4 1 2, as paid 2 4 1 3.
        Assert.Contains("debt: 4 cells, median paid/predicted 0.75, rank correlation 0.80", text, StringComparison.Ordinal);
        // Without the one whose second unit drifts.
        Assert.Contains("stationary: 3 cells, median paid/predicted 0.50, rank correlation 0.50", text, StringComparison.Ordinal);
        // A prefix has a price if each of its units has.
        Assert.Contains("mine: 2 cells, median paid/predicted \u22120.50, rank correlation 1.00", text, StringComparison.Ordinal);
        // The scale goes below zero.
        Assert.Contains("predicted by debt (nats, logarithmic beyond ±0.001)", text, StringComparison.Ordinal);
        Assert.Contains("\u22120.001", text.Replace('-', '\u2212'), StringComparison.Ordinal);
        foreach (string unit in (string[])["a", "…b"]) Assert.Contains($"|{unit}|", text, StringComparison.Ordinal);
    }

    [Fact]
    public void AtlasesOfSeveralSeedsAreOnePicture()
    {
        string[] atlases = [HandWrittenAtlas.Write(folder), HandWrittenAtlas.Write(folder, seed: 2)];
        string text = Drawn("1000", atlases);
        Assert.Contains("8 cells of 2 atlases", text, StringComparison.Ordinal);
        Assert.Contains("debt: 8 cells, median paid/predicted 0.75", text, StringComparison.Ordinal);
        // In a narrow picture what is no number gives way.
        Assert.Contains("debt: 8 cells, median paid/predicted 0.75", Drawn("400", atlases), StringComparison.Ordinal);
        string pictures = Path.Combine(folder.Root, "pictures");
        Assert.Equal(0, FreezeRun.Of(["plot", .. atlases, "--out", pictures, "--width", "400"]).Code);
        Assert.Equal(["atlas-1-atlas.png", "atlas-2-atlas.png", "prices-2-runs.png"], Directory.GetFiles(pictures).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(400, BinaryPrimitives.ReadInt32BigEndian(File.ReadAllBytes(Path.Combine(pictures, "prices-2-runs.png")).AsSpan(16)));
    }

    [Fact]
    public void WhatCannotBeDrawnIsOneLineAndNothingIsWritten()
    {
        string atlas = HandWrittenAtlas.Write(folder), without = HandWrittenAtlas.Write(folder, seed: 2, prices: false), run = HandWrittenRun.Write(folder);
        Assert.Equal("error: prices of atlas-2 cannot be drawn: there is no column price.… in statistics.csv: no criterion knew a price.", Refused(without));
        Assert.Equal($"error: prices of 2 runs cannot be drawn: '{run}' is no atlas; freeze atlas makes one.", Refused(atlas, run));
        Assert.Equal("error: prices of 2 runs cannot be drawn: two of the atlases are of the run 'full' with seed 1; each cell counts once.", Refused(atlas, atlas));
        File.Delete(Path.Combine(atlas, "atlas.csv"));
        Assert.Equal($"error: prices of atlas-1 cannot be drawn: none of the forks of '{atlas}' is done.", Refused(atlas));
        Assert.Empty(Directory.GetFiles(folder.Root, "*.png", SearchOption.AllDirectories));
    }

    [Fact]
    public void DashedLinesAreDashedInSvgToo()
    {
        Drawn("1000", HandWrittenAtlas.Write(folder));
        // Two panels of a diagonal and a line at 0, of some hundred points each; a pattern that Skia leaves out would be one piece.
        XElement[] pieces = [.. XDocument.Load(Path.Combine(folder.Root, "prices.svg")).Descendants().Where(element => element.Attribute("stroke")?.Value is "gray" or "#808080")];
        Assert.True(pieces.Length > 200, $"{pieces.Length} pieces");
    }

    private static string Refused(params string[] folders)
    {
        FreezeRun run = FreezeRun.Of(["plot", .. folders, "--picture", "prices"]);
        Assert.Equal((2, ""), (run.Code, run.Output));
        return run.Error.Trim();
    }

    private string Drawn(string width, params string[] atlases)
    {
        string file = Path.Combine(folder.Root, "prices.svg");
        FreezeRun drawn = FreezeRun.Of(["plot", .. atlases, "--picture", "prices", "--width", width, "--out", file, "--overwrite"]);
        Assert.Equal((0, ""), (drawn.Code, drawn.Error));
        return string.Join('|', XDocument.Load(file).Descendants().Where(element => !element.HasElements).Select(element => element.Value.Trim())) + "|";
    }
}
