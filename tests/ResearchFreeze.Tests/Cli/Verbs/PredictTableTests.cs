using System.Globalization;
using System.Text;
using System.Text.Json;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary>A model of a table's columns, used with tables as people have them.</summary>
public sealed class PredictTableTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public PredictTableTests()
    {
        Write("data.csv", ["small,large,class,price", .. Enumerable.Range(0, 60).Select(i => FormattableString.Invariant($"{i % 7},{1000 + (50 * (i % 11))},{(i % 7 < 3 ? "low" : "high")},{(3 * (i % 7)) - (0.01 * 50 * (i % 11))}"))]);
        Train("classes", "label=class,ignore=price", "mlp:2,8,2");
        Train("prices", "target=price,ignore=class", "mlp:2,8,1");
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("large,small", "1100,5", "1400,0")]
    [InlineData("id,large,class,small", "7,1100,x,5", "8,1400,y,0")]
    [InlineData("\uFEFFsmall,large", "5,1100", "0,1400")]
    [InlineData("5,1100", "0,1400")]
    public void ColumnsAreFoundByTheirNames(params string[] lines)
    {
        string expected = Ok("predict", Run("classes"), Write("plain.csv", "small,large", "5,1100", "0,1400"), "--all");
        Assert.Equal(3, expected.TrimEnd().Split('\n').Length);
        Assert.Equal(expected, Ok("predict", Run("classes"), Write("samples.csv", lines), "--all"));
    }

    [Theory]
    [InlineData("expected one column 'large', as the run had, found the columns 'small', 'big'.", "small,big", "5,1100")]
    [InlineData("expected one column 'small', as the run had, found several.", "small,small,large", "5,1,1100")]
    [InlineData("expected 3 fields a row, as the header has, found 2 fields at line 2.", "small,large,id", "5,1100")]
    [InlineData("expected a finite number, found '\uFFFD[31m' at line 2, column 1.", "small,large", "\u001b[31m,1100")]
    public void ATableOfOtherColumnsIsRefused(string says, params string[] lines)
    {
        string path = Write("samples.csv", lines);
        Assert.Equal($"error: {path}: {says}", Refused("predict", Run("classes"), path));
    }

    [Fact]
    public void LabelledDataWithTheColumnsInAnotherOrderIsRefused()
    {
        string[] lines = File.ReadAllLines(Path.Combine(folder.Root, "data.csv"));
        string turned = Write("turned.csv", [.. lines.Select(line => line.Split(',')).Select(row => $"{row[1]},{row[0]},{row[2]},{row[3]}")]), data = $"csv:{turned},label=class,ignore=price";
        string says = $"error: {turned}: expected column 'small' as input 0, as the run had (features=… takes columns in another order), found 'large'.";
        Assert.Equal(says, Refused("eval", Run("classes"), "--data", data));
        Assert.Equal(says, Refused("predict", Run("classes"), "--data", data));
        Assert.Equal(
            Ok("eval", Run("classes")).ReplaceLineEndings("\n").Split('\n', 2)[1],
            Ok("eval", Run("classes"), "--data", $"csv:{turned},label=class,features=small+large").ReplaceLineEndings("\n").Split('\n', 2)[1]);
    }

    [Fact]
    public void WhatWasToBePredictedStandsBesideIt()
    {
        string data = $"csv:{Path.Combine(folder.Root, "data.csv")},target=price,ignore=class";
        string[][] rows = [.. Ok("predict", Run("prices"), "--data", data).TrimEnd().Split('\n').Select(line => line.Split(','))];
        Assert.Equal(["sample", "price", "label(price)"], rows[0]);
        double error = Math.Sqrt(rows[1..].Average(row => Math.Pow(double.Parse(row[1], CultureInfo.InvariantCulture) - double.Parse(row[2], CultureInfo.InvariantCulture), 2)));
        Assert.Equal(RunFolder.ReadSummary(Run("prices")).Test["rmse"]!.Value, error, 1e-4);
        JsonElement[] objects = [.. Ok("predict", Run("prices"), "--data", data, "--format", "jsonl").TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(rows[1..].Select(row => row[2]), objects.Select(found => found.GetProperty("labels").GetProperty("price").GetSingle().ToString(CultureInfo.InvariantCulture)));
        Assert.EndsWith("expected classes, found one number to predict.", Refused("predict", Run("classes"), "--data", data), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatCannotBeReadOrWrittenIsSaidBeforeAnythingIs()
    {
        string samples = Write("plain.csv", "small,large", "5,1100");
        Assert.Equal($"error: '{folder.Root}' has no run: there is no config.json.", Refused("predict", folder.Root, samples));
        Assert.Equal("error: '' has no run: there is no config.json.", Refused("eval", ""));
        Assert.Equal($"error: {folder.Root}: expected a file of samples, found a folder.", Refused("predict", Run("classes"), folder.Root));
        Assert.Equal($"error: --out needs a file's name, and '{folder.Root}' is a folder.", Refused("predict", Run("classes"), samples, "--out", folder.Root));
        string missing = Path.Combine(folder.Root, "missing");
        Assert.Equal($"error: --out {missing}/found.csv: there is no folder '{missing}'.", Refused("predict", Run("classes"), samples, "--out", $"{missing}/found.csv"));
        string latin = folder.Write("latin.csv", Encoding.Latin1.GetBytes("größe,large\n5,1100\n"));
        Assert.Equal($"error: {latin}: expected text in UTF-8, found bytes that are none (0xF6): save it as UTF-8.", Refused("predict", Run("classes"), latin));
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("jsonl")]
    public void APredictionThatIsNoNumberIsAnErrorAndNoFileIsLeft(string format)
    {
        // Normalised it is still finite; behind two layers it is not.
        string samples = Write("large.csv", "small,large", "5,1100", "3e38,3e38"), found = Path.Combine(folder.Root, "found");
        Assert.Equal(
            $"error: {samples}: expected samples that the model gives finite numbers for, found NaN for sample 1 (too large a sample, or damaged weights).",
            Refused("predict", Run("classes"), samples, "--format", format, "--out", found));
        Assert.False(File.Exists(found));
    }

    [Fact]
    public void WeightsThatAreNoNumbersAreNamed()
    {
        string weights = Path.Combine(Run("classes"), "last.safetensors");
        Dictionary<string, SafetensorsEntry> entries = Safetensors.Read(weights);
        SafetensorsEntry bias = entries["fc1.bias"];
        entries["fc1.bias"] = SafetensorsEntry.Of(bias.Shape, [.. Enumerable.Range(0, bias.Shape.Count).Select(i => i == 1 ? float.PositiveInfinity : 0)]);
        Safetensors.Write(weights, entries, Safetensors.ReadMetadata(weights));
        string samples = Write("some.csv", "small,large", "5,1100"), expected = $"error: '{weights}': expected finite numbers in 'fc1.bias' {bias.Shape}, found Infinity at (1).";
        Assert.Equal(expected, Refused("predict", Run("classes"), samples));
        Assert.Equal(expected, Refused("eval", Run("classes")));
    }

    [Fact]
    public void AMetricThatHasNoValueIsNotMeasured()
    {
        string constant = Write("constant.csv", ["small,large,price", .. Enumerable.Range(0, 20).Select(i => $"{i % 7},1000,4")]);
        Assert.Matches("(?m)^r2 +not measured$", Ok("eval", Run("prices"), "--data", $"csv:{constant},target=price").ReplaceLineEndings("\n"));
    }

    private string Run(string name) => Path.Combine(folder.Root, name);

    private string Write(string name, params string[] lines) => folder.Write(name, Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));

    private void Train(string name, string settings, string model) =>
        Ok("train", "--model", model, "--data", $"csv:{Path.Combine(folder.Root, "data.csv")},{settings}", "--epochs", "5", "--batch", "8", "--policy", "never", "--out", Run(name));

    private static string Ok(params string[] args)
    {
        FreezeRun run = FreezeRun.Of([.. args, "--device", "cpu"]);
        Assert.Equal((0, ""), (run.Code, run.Error));
        return run.Output;
    }

    private static string Refused(params string[] args)
    {
        FreezeRun run = FreezeRun.Of([.. args, "--device", "cpu"]);
        Assert.Equal((2, ""), (run.Code, run.Output));
        return Assert.Single(run.Error.ReplaceLineEndings("\n").TrimEnd().Split('\n'));
    }
}
