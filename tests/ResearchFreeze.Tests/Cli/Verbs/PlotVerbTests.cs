using System.Buffers.Binary;
using System.Xml.Linq;
using ResearchFreeze.Tests.Plots;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Cli;

public sealed class PlotVerbTests : IDisposable
{
    private static readonly string[] OfARun = ["curves.png", "scores.png", "timeline.png", "ledger.png", "confusion.png"];
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void AllThatARunHasDataForIsDrawnBesideItAndNamed()
    {
        string run = HandWrittenRun.Write(folder), plots = Path.Combine(run, "plots");
        FreezeRun drawn = FreezeRun.Of("plot", run, "--width", "600");
        Assert.Equal((0, ""), (drawn.Code, drawn.Error));
        Assert.Equal(
            [.. OfARun.Select(file => $"{Path.GetFileNameWithoutExtension(file)}: {Path.Combine(plots, file)}"), "accuracy of run cannot be drawn: it compares runs, and needs two or more with a test accuracy; found 1", "calibration of run cannot be drawn: it needs a change of what is frozen with measured steps before and after it, and found none"],
            drawn.PlainLines());
        Assert.Equal(OfARun.Order(), Directory.GetFiles(plots).Select(Path.GetFileName).Order());
        Assert.All(OfARun, file => Assert.Equal(600, Width(Path.Combine(plots, file))));

        // What is there is not touched, and nothing beside it is drawn.
        File.Delete(Path.Combine(plots, "curves.png"));
        File.WriteAllText(Path.Combine(plots, "ledger.png"), "mine");
        Assert.Equal($"error: '{Path.Combine(plots, "scores.png")}' is there already; give another place, or --overwrite.", Refused("plot", run));
        Assert.False(File.Exists(Path.Combine(plots, "curves.png")));
        Assert.Equal(0, FreezeRun.Of("plot", run, "--width", "400", "--overwrite").Code);
        Assert.All(OfARun, file => Assert.Equal(400, Width(Path.Combine(plots, file))));
    }

    [Fact]
    public void RunsAreComparedAndAFolderHasTheirNames()
    {
        string[] runs = [.. new[] { 0.7, 0.8 }.Select((accuracy, i) => HandWrittenRun.Write(folder, $"r{i}", accuracy, confusion: i == 0))];
        string pictures = Path.Combine(folder.Root, "pictures");
        FreezeRun drawn = FreezeRun.Of(["plot", .. runs, "--out", pictures, "--format", "svg", "--width", "500"]);
        Assert.Equal((0, ""), (drawn.Code, drawn.Error));
        string[] expected = ["accuracy-2-runs.svg", "ledger-2-runs.svg", "r0-confusion.svg", .. new[] { "r0", "r1" }.SelectMany(run => new[] { $"{run}-curves.svg", $"{run}-scores.svg", $"{run}-timeline.svg" })];
        Assert.Equal(expected.Order(StringComparer.Ordinal), Directory.GetFiles(pictures).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Contains("confusion of r1 cannot be drawn: the run has no confusion table; pass --metrics confusion to freeze train", drawn.PlainLines());
        foreach (string file in Directory.GetFiles(pictures))
        {
            XElement svg = XDocument.Load(file).Root!;
            Assert.Equal(("svg", "500"), (svg.Name.LocalName, svg.Attribute("width")!.Value));
            Assert.True(svg.Descendants().Count() > 20, file);
        }
    }

    [Fact]
    public void PromiseAndFactOfSeveralRunsAreOnePicture()
    {
        const string First = """{"step":20,"changed":"stem frozen","before":0.01,"promised":0.008,"low":null,"high":null,"found":0.006,"steps":9}""";
        string[] runs = [HandWrittenRun.Write(folder, "r0", stepTimes: $$"""{{First}},{"step":30,"changed":"middle frozen","before":0.006,"promised":0.004,"low":0.003,"high":0.005,"found":0.0045,"steps":9}"""), HandWrittenRun.Write(folder, "r1", stepTimes: First), HandWrittenRun.Write(folder, "r2")];
        string file = Path.Combine(folder.Root, "calibration.svg");
        FreezeRun drawn = FreezeRun.Of(["plot", .. runs, "--picture", "calibration", "--out", file]);
        Assert.Equal((0, ""), (drawn.Code, drawn.Error));
        string text = string.Join('|', XDocument.Load(file).Descendants().Select(element => element.Value));
        Assert.Contains("3 changes, half of them within 25", text, StringComparison.Ordinal);
        Assert.DoesNotContain("r2", text, StringComparison.Ordinal);
    }

    [Fact]
    public void OnePictureIsWrittenIntoTheFileThatIsNamed()
    {
        string run = HandWrittenRun.Write(folder), file = Path.Combine(folder.Root, "new", "a.png");
        FreezeRun drawn = FreezeRun.Of("plot", run, "--picture", "timeline", "--out", file);
        Assert.Equal((0, $"timeline: {file}\n"), (drawn.Code, drawn.Output.ReplaceLineEndings("\n")));
        Assert.Equal(1600, Width(file));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(file)!));
    }

    [Theory]
    [InlineData("picture 'pie' is unknown; known are all, curves, scores, timeline, ledger, accuracy, confusion, calibration, atlas, prices.", "--picture", "pie")]
    [InlineData("confusion of run cannot be drawn: the run has no confusion table; pass --metrics confusion to freeze train.", "--picture", "confusion")]
    [InlineData("accuracy of run cannot be drawn: it compares runs, and needs two or more with a test accuracy; found 1.", "--picture", "accuracy")]
    [InlineData("a picture's width must be between 400 and 8000 pixels, found 20.", "--width", "20")]
    [InlineData("format 'pdf' is unknown; known are png, svg.", "--format", "pdf")]
    [InlineData("'a.pdf': pictures are not written as .pdf; known are png, svg.", "--out", "a.pdf")]
    [InlineData("'a.png' is one file, and there are 4 pictures; give a folder, or --picture and one run.", "--out", "a.png")]
    [InlineData("'a.png' is no svg file; give one of --out and --format, or both alike.", "--out", "a.png", "--format", "svg")]
    public void WhatCannotBeDrawnIsOneLineAndNothingIsWritten(string message, params string[] args)
    {
        string run = HandWrittenRun.Write(folder, confusion: false);
        Assert.Equal($"error: {message}", Refused(["plot", run, .. args]));
        Assert.False(Directory.Exists(Path.Combine(run, "plots")));
    }

    [Fact]
    public void WhatIsNoRunIsOneLine()
    {
        string nowhere = Path.Combine(folder.Root, "nowhere"), empty = Path.Combine(folder.Root, "empty"), run = HandWrittenRun.Write(folder);
        Directory.CreateDirectory(empty);
        Assert.Equal($"error: '{nowhere}' is no run's folder: there is no such folder.", Refused("plot", nowhere));
        Assert.Equal($"error: '{empty}' is no run's folder: it has none of summary.json, metrics.csv, decisions.jsonl.", Refused("plot", empty));
        string metrics = Path.Combine(run, "metrics.csv"), table = Path.Combine(run, "test-confusion.csv");
        File.AppendAllText(metrics, "x,3,0.05,1,,,1,0.5\n");
        Assert.Equal($"error: '{metrics}', line 6: 'step' must be a whole number, found 'x'.", Refused("plot", run));
        File.WriteAllText(metrics, "step,loss\n");
        Assert.StartsWith($"error: '{metrics}', line 1: expected the columns step,epoch,", Refused("plot", run));
        File.Delete(metrics);
        File.WriteAllText(table, "confusion,cat,dog\ncat,3\n");
        Assert.Equal($"error: '{table}', line 2: expected 3 fields, found 2.", Refused("plot", run));
        File.WriteAllText(table, "confusion,cat,dog\ncat,3,x\n");
        Assert.Equal($"error: '{table}', row 'cat': 'dog' must be a number, found 'x'.", Refused("plot", run));
    }

    private static string Refused(params string[] args)
    {
        FreezeRun run = FreezeRun.Of(args);
        Assert.Equal((2, ""), (run.Code, run.Output));
        return Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)).TrimEnd('\r');
    }

    /// <summary>As a PNG's header says.</summary>
    private static int Width(string file)
    {
        byte[] content = File.ReadAllBytes(file);
        Assert.True(content.AsSpan(1).StartsWith("PNG"u8));
        Assert.True(BinaryPrimitives.ReadInt32BigEndian(content.AsSpan(20)) > 100);
        return BinaryPrimitives.ReadInt32BigEndian(content.AsSpan(16));
    }
}
