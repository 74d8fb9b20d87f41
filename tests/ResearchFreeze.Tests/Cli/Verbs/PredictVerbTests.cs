using System.Globalization;
using System.Text.Json;
using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Cli;

public sealed class PredictVerbTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly TemporaryFolder images = new();

    public PredictVerbTests()
    {
        FreezeRun.Images(images);
        Assert.Equal(0, FreezeRun.Of("train", "--model", "mlp:6,8,3", "--data", images.Root, "--epochs", "3", "--batch", "8", "--device", "cpu", "--policy", "never", "--out", Run, "--metrics", "macro-f1").Code);
    }

    private string Run => Path.Combine(folder.Root, "run");

    public void Dispose()
    {
        folder.Dispose();
        images.Dispose();
    }

    [Fact]
    public void EvalGivesTheRunsOwnTestNumbersAndKeepsItsNormalisation()
    {
        RunSummary summary = RunFolder.ReadSummary(Run);
        // Other constants in the data's spec change nothing: the model was trained with the run's.
        foreach (string data in (string[])[images.Root, $"idx:{images.Root},mean=0.5,deviation=3"])
        {
            FreezeRun found = FreezeRun.Of("eval", Run, "--data", data, "--metrics", "loss,accuracy,macro-f1", "--device", "cpu");
            Assert.Equal((0, ""), (found.Code, found.Error));
            Assert.Equal(
                new[] { "loss", "accuracy", "macro-f1" }.Select(name => summary.Test[name]!.Value.ToString("G6", CultureInfo.InvariantCulture)),
                found.PlainLines().Skip(1).Select(line => line.Split(' ')[^1]));
        }
        FreezeRun own = FreezeRun.Of("eval", Run, "--device", "cpu", "--metrics", "accuracy", "--weights", "best");
        Assert.EndsWith($" {summary.TestAccuracyAtBestValidation!.Value.ToString("G6", CultureInfo.InvariantCulture)}", own.PlainLines()[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void PredictionsAreThoseThatTheTestAccuracyIsMadeOfInBothFormats()
    {
        string file = Path.Combine(folder.Root, "found.csv");
        Assert.Equal((0, "", ""), Of(FreezeRun.Of("predict", Run, "--data", images.Root, "--device", "cpu", "--all", "--out", file)));
        string[][] rows = [.. File.ReadAllLines(file).Select(line => line.Split(','))];
        Assert.Equal(["sample", "class", "probability", "label", "p(0)", "p(1)", "p(2)"], rows[0]);
        Assert.Equal(RunFolder.ReadSummary(Run).TestAccuracy!.Value, rows[1..].Count(row => row[1] == row[3]) / 9.0, 1e-12);
        Assert.All(rows[1..], row =>
        {
            double[] probabilities = [.. row[4..].Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
            Assert.Equal(1, probabilities.Sum(), 1e-6);
            Assert.Equal(probabilities.Max(), double.Parse(row[2], CultureInfo.InvariantCulture));
            Assert.Equal(row[1], $"{Array.IndexOf(probabilities, probabilities.Max())}");
        });
        FreezeRun lines = FreezeRun.Of("predict", Run, "--data", images.Root, "--device", "cpu", "--all", "--format", "jsonl");
        JsonElement[] objects = [.. lines.Output.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(rows[1..].Select(row => (row[1], row[3], row[4])), objects.Select(found =>
            (found.GetProperty("class").GetString()!, found.GetProperty("label").GetString()!, found.GetProperty("probabilities").GetProperty("0").GetDouble().ToString(CultureInfo.InvariantCulture))));
        Assert.Contains("is there already", FreezeRun.Of("predict", Run, "--data", images.Root, "--out", file).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileWithoutLabelsIsPredictedAsTheSameSamplesOfADataSet()
    {
        HostDataSet test = HostDatasets.Idx(images.Root).Test;
        using var device = new CpuDevice(1);
        using TrainedModel run = TrainedModel.Open(Run, device);
        Prediction[] expected = [.. run.Predict(test)];
        IdxData stored = IdxFile.Read(Directory.GetFiles(images.Root, "test-images*")[0], 3);
        string[] rows = [.. stored.Values.Chunk(6).Select(sample => string.Join(", ", sample))];
        foreach (string[] lines in (string[][])[rows, ["a,b,c,d,e,f", .. rows]])
        {
            string path = Path.Combine(folder.Root, "samples.csv");
            File.WriteAllLines(path, lines);
            string[] found = FreezeRun.Of("predict", Run, path, "--device", "cpu").Output.TrimEnd().Split('\n');
            Assert.Equal(["sample,class,probability", .. expected.Select(prediction => string.Create(CultureInfo.InvariantCulture, $"{prediction.Sample},{prediction.Class},{Math.Round(prediction.Probability, 7)}"))], found);
        }
        // A sample alone is predicted to the same bits.
        for (int i = 0; i < test.Count; i++) Assert.Equal(expected[i].Probabilities, run.Predict(test.Select(i)).Single().Probabilities);
    }

    [Theory]
    [InlineData("1,2,3,4,5", "expected 6 numbers a row, as a sample has, found 5 fields at line 1")]
    [InlineData("1,2,3,4,5,6\n1,2,x,4,5,6", "expected a finite number, found 'x' at line 2, column 3")]
    [InlineData("1,2,3,4,5,256", "expected whole numbers from 0 to 255, as the images had that the model was trained on, found 256 at line 1, column 6")]
    [InlineData("1,2,3,4,5,0.5", "found 0.5 at line 1, column 6")]
    [InlineData("a,b,c,d,e,f", "expected at least one sample, found none")]
    [InlineData("1,2,\"3,4,5,6", "")]
    public void WhatIsNoSampleIsOneLineThatSaysWhere(string text, string says)
    {
        string path = Path.Combine(folder.Root, "samples.csv");
        File.WriteAllText(path, text);
        FreezeRun found = FreezeRun.Of("predict", Run, path, "--device", "cpu");
        Assert.Equal(2, found.Code);
        Assert.Contains(says, Assert.Single(found.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Equal("", found.Output);
    }

    [Fact]
    public void WhatIsMissingOrDoesNotFitIsSaid()
    {
        string csv = Path.Combine(folder.Root, "real.csv");
        File.WriteAllLines(csv, ["a,b,c,d,e,f,label", .. Enumerable.Range(0, 12).Select(i => $"{i}.5,1,2,3,4,5,{i % 3}")]);
        Refused("expected samples of 2 × 3, as the run had, found 6", "eval", Run, "--data", $"csv:{csv}");
        Refused("predict needs a FILE, or --data", "predict", Run);
        Refused("--part test needs a --data", "predict", Run, csv, "--part", "test");
        Refused("is a table, which eval does not print", "eval", Run, "--metrics", "confusion");
        File.Delete(Path.Combine(Run, "best.safetensors"));
        Refused("has no best.safetensors: the run is not finished", "eval", Run, "--weights", "best");
        File.Delete(Path.Combine(Run, "data.json"));
        Refused("has no data.json", "eval", Run);

        static void Refused(string says, params string[] args)
        {
            FreezeRun found = FreezeRun.Of(args);
            Assert.Equal(2, found.Code);
            Assert.Contains(says, Assert.Single(found.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        }
    }

    private static (int Code, string Output, string Error) Of(FreezeRun run) => (run.Code, run.Output, run.Error);
}
